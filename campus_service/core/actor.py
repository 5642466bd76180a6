"""Who acts: a frozen snapshot of a person's rights that services and policies are handed."""

from __future__ import annotations

from dataclasses import dataclass

from campus_service.core.errors import Forbidden, SignInNeeded
from campus_service.core.permissions import Permission, Role, permissions_of


@dataclass(frozen=True, slots=True)
class Actor:
    """A person (``id``), a visitor (``id`` is None) or the system itself."""

    id: int | None
    name: str
    roles: frozenset[Role] = frozenset()
    permissions: frozenset[Permission] = frozenset()
    departments: frozenset[str] = frozenset()

    @classmethod
    def visitor(cls) -> Actor:
        """Somebody who has not signed in."""
        return cls(None, "")

    @classmethod
    def system(cls) -> Actor:
        """The software itself, for jobs and imports: no person, every permission."""
        return cls(None, "system", permissions=frozenset(Permission))

    @classmethod
    def with_roles(cls, id: int, name: str, roles: frozenset[Role], departments: frozenset[str]) -> Actor:
        """A person with what his roles allow."""
        return cls(id, name, roles, permissions_of(roles), departments)

    @property
    def signed_in(self) -> bool:
        """Whether this is a person we know."""
        return self.id is not None

    def can(self, permission: Permission) -> bool:
        """Whether ``permission`` is among the rights."""
        return permission in self.permissions

    def require(self, permission: Permission) -> None:
        """Raise SignInNeeded for a visitor, Forbidden for a person, unless ``permission`` is held."""
        if permission not in self.permissions:
            raise Forbidden() if self.signed_in else SignInNeeded()

    def person_id(self) -> int:
        """The person's id; raises SignInNeeded for a visitor."""
        if self.id is None:
            raise SignInNeeded()
        return self.id
