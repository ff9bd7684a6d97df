"""Pages of large tables without counting them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, cast

from django.contrib.postgres.expressions import ArraySubquery
from django.core.paginator import EmptyPage, Page, Paginator
from django.db.models import F, Q, QuerySet
from django.utils.functional import cached_property

from .lookups import OneOf

COUNT_BOUND: Final = 10_000
"""Up to this many rows the count is exact: counting that far costs a few milliseconds."""


class LargeTablePage(Page):
    """A page that knows from its own rows whether another follows."""

    def __init__(self, object_list: Any, number: int, paginator: LargeTablePaginator, follows: bool | None) -> None:
        super().__init__(object_list, number, paginator)
        self._follows = follows

    def has_next(self) -> bool:
        return super().has_next() if self._follows is None else self._follows


class LargeTablePaginator(Paginator):
    """Paginator for querysets of any size: `paginator = LargeTablePaginator` on an admin, with
    `show_full_result_count = False`.

    Rows are counted up to `count_bound`. Beyond it `count` is the planner's estimate for this very query, filters
    and row level security included, and `is_estimate` is true: then the last page is unknown, so only pages that
    are known to exist are offered, and the next page is found by looking one row ahead. On the page where the rows
    end the count becomes exact. Needs PostgreSQL.
    """

    count_bound: int = COUNT_BOUND
    template_name = "core/pagination.html"
    on_page: Callable[[Any], None] | None = None
    """Called with the rows of each page."""
    parts: Sequence[QuerySet[Any]] = ()
    """The same rows in several parts, of which an index has each in the order of the keys. A page of the latest keys is
    then put together from the first of each part: left to itself the server might walk past all rows that are newer."""
    searched: bool = False
    """Whether a search found the rows. No index has those in the order of the list: counting them and then looking for
    a page would read every one of them twice, so their keys are read once instead."""

    @cached_property
    def is_estimate(self) -> bool:
        return isinstance(self.object_list, QuerySet) and self._bounded_count > self.count_bound

    @cached_property
    def count(self) -> int:
        if not self.is_estimate:
            return self._bounded_count
        return max(estimated_rows(self._queryset), self._bounded_count)

    @property
    def rough_count(self) -> int:
        """An estimate to show: two significant digits, for more would lie."""
        return int(float(f"{self.count:.1e}")) if self.is_estimate else self.count

    @property
    def _queryset(self) -> QuerySet[Any]:
        return cast("QuerySet[Any]", self.object_list)

    @cached_property
    def _bounded_count(self) -> int:
        if not isinstance(self.object_list, QuerySet):
            return len(self.object_list)
        if self.searched:
            return len(self._found_keys)
        return self._queryset.order_by()[: self.count_bound + 1].count()

    @cached_property
    def _found_keys(self) -> list[Any]:
        """The keys of all rows, in no order, one more than the bound at most."""
        return list(self._queryset.order_by().values_list("pk", flat=True)[: self.count_bound + 1])

    def validate_number(self, number: Any) -> int:
        try:
            return super().validate_number(number)
        except EmptyPage:
            # Beyond an estimate there may be rows all the same; `page` looks.
            if self.is_estimate and int(number) >= 1:
                return int(number)
            raise

    def page(self, number: Any) -> Page:
        page = self._page(number)
        if self.on_page:
            self.on_page(page.object_list)
        return page

    def _page(self, number: Any) -> Page:
        number = self.validate_number(number)
        if not isinstance(self.object_list, QuerySet) or not self.count:
            return super().page(number)
        bottom = (number - 1) * self.per_page
        ahead = 1 if self.is_estimate else 0
        # By their keys: sorting or passing over whole rows with all their joins would cost many times as much.
        rows = list(self._queryset.filter(self._between(bottom, bottom + self.per_page + ahead)))
        if not self.is_estimate:
            return LargeTablePage(rows, number, self, follows=None)
        found = len(rows)
        if not found:
            raise EmptyPage(self.error_messages["no_results"])
        if found <= self.per_page:
            self._know_count(bottom + found)
        return LargeTablePage(rows[: self.per_page], number, self, follows=found > self.per_page)

    def _between(self, bottom: int, top: int) -> Q:
        """The rows from one place of the list up to another."""
        latest_first = set(self._queryset.query.order_by) == {"-pk"}
        if latest_first and self.searched and not self.is_estimate:
            return Q(pk__in=sorted(self._found_keys, reverse=True)[bottom:top])
        keys = self._queryset.values("pk")[bottom:top]
        if latest_first and self.parts:
            first, *others = (part.values("pk")[:top] for part in self.parts)
            keys = first.union(*others, all=True).order_by("-pk")[bottom:top]
        return Q(OneOf(F("pk"), ArraySubquery(keys)))

    def get_page(self, number: Any) -> Page:
        try:
            return super().get_page(number)
        except EmptyPage:
            return self.page(1)

    def _know_count(self, count: int) -> None:
        self.is_estimate = False
        self.count = count
        self.__dict__.pop("num_pages", None)

    @property
    def page_range(self) -> range:
        """Pages that certainly exist."""
        if self.is_estimate:
            return range(1, self._certain_pages + 1)
        return super().page_range

    @property
    def _certain_pages(self) -> int:
        return max(1, self._bounded_count // self.per_page)

    def get_elided_page_range(self, number: Any = 1, *, on_each_side: int = 3, on_ends: int = 2) -> Iterator[Any]:
        """Page numbers around `number`; with an estimate the row ends in an ellipsis, not in a last page."""
        number = self.validate_number(number)
        if not self.is_estimate:
            yield from super().get_elided_page_range(number, on_each_side=on_each_side, on_ends=on_ends)
            return
        if number > 1 + on_each_side + on_ends:
            yield from range(1, on_ends + 1)
            yield self.ELLIPSIS
            yield from range(number - on_each_side, number + 1)
        else:
            yield from range(1, number + 1)
        # `page` has looked one page ahead: the next one exists, or the count would not be an estimate any more.
        yield from range(number + 1, max(number + 1, min(number + on_each_side, self._certain_pages)) + 1)
        yield self.ELLIPSIS


def estimated_rows(queryset: QuerySet) -> int:
    """Rows the planner expects of a query. Row level security and filters are part of the estimate."""
    text = queryset.order_by().explain(format="json")
    # Django sends no query at all for one that it knows to be empty.
    return int(json.loads(text)[0]["Plan"]["Plan Rows"]) if text else 0
