/* Reads the code of a label with the camera where the browser can (BarcodeDetector); typing and scanners work without. */

const LOOK_EVERY = 250; // milliseconds

async function canRead() {
  try { return (await BarcodeDetector.getSupportedFormats()).includes("qr_code") && !!navigator.mediaDevices; } catch { return false; }
}

for (const box of document.querySelectorAll("[data-scan]")) {
  const [field, button, status, video] = ["input", "[data-scan-open]", "[data-scan-status]", "video"].map((part) => box.querySelector(part));
  const words = button.querySelector("span");
  const open = words.textContent;
  let stream = null;

  const stop = () => {
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    video.hidden = true;
    words.textContent = open;
  };

  const look = async (detector) => {
    if (!stream) return;
    const [found] = await detector.detect(video).catch(() => []);
    if (!found) { setTimeout(look, LOOK_EVERY, detector); return; }
    stop();
    navigator.vibrate?.(60);
    field.value = found.rawValue;
    field.form.requestSubmit();
  };

  button.addEventListener("click", async () => {
    if (stream) { stop(); return; }
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch {
      status.textContent = button.dataset.wordsNone;
      return;
    }
    video.srcObject = stream;
    video.hidden = false;
    words.textContent = button.dataset.wordsStop;
    await video.play();
    look(new BarcodeDetector({ formats: ["qr_code"] }));
  });

  if (await canRead()) button.hidden = false;
}
