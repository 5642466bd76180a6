/* Reads an iCalendar file from standard input with ical.js and prints what it understood as JSON. */

import { readFileSync } from "node:fs";

const { default: ICAL } = await import(process.argv[2]);
const root = new ICAL.Component(ICAL.parse(readFileSync(0, "utf8")));
const text = (component, name) => component.getFirstPropertyValue(name)?.toString() ?? null;

const events = root.getAllSubcomponents("vevent").map((component) => {
  const event = new ICAL.Event(component);
  return {
    uid: event.uid,
    sequence: event.sequence,
    summary: event.summary,
    location: event.location,
    description: event.description,
    status: text(component, "status"),
    url: text(component, "url"),
    start: event.startDate.toJSDate().toISOString(),
    end: event.endDate.toJSDate().toISOString(),
  };
});
process.stdout.write(JSON.stringify({ name: text(root, "x-wr-calname"), method: text(root, "method"), events }));
