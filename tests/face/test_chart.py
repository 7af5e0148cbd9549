"""The chart: what it shows at which size, its cursor, zoom and pan, and that labels are readable."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from rich.cells import cell_len
from textual.app import ComposeResult

from passivtui.app import PassivTuiApp
from passivtui.screens.base import AppScreen
from passivtui.widgets.chart import Chart, Markers, Series
from passivtui.widgets.glyphs import ASCII, UNICODE, Glyphs
from passivtui.widgets.picture import Look, Picture, draw_picture, spark_line
from passivtui.widgets.plot import Curve, draw_curves

MakeApp = Callable[[], PassivTuiApp]
DAY = 86_400_000.0
START = 1_612_137_600_000.0  # 2021-02-01 00:00 UTC
X = START + np.arange(0, 400) * DAY
RISING = np.linspace(1_000, 1_854, 400)


def look(*, log: bool = False, zero: bool = False, glyphs: Glyphs = UNICODE, date_axis: bool = True) -> Look:
    return Look(date_axis, log, zero, None, "Nothing to draw.", glyphs)


def text(picture: Picture) -> list[str]:
    return ["".join(sign for sign, _ in row) for row in picture.rows]


def draw(
    series: list[Series], size: tuple[int, int] = (72, 12), markers: tuple[Markers, ...] = (), **options: object
) -> Picture:
    return draw_picture(series, markers, (X[0], X[-1]), size, look(**options))  # type: ignore[arg-type]


# ---- the canvas ---------------------------------------------------------------------------------------------------


def test_the_canvas_has_exactly_its_cells_and_knows_whose_they_are() -> None:
    rising = Curve([0, 100], [0, 10], [False, True], "*")
    falling = Curve([0, 100], [10, 0], [False, True], "o")
    cells = draw_curves([rising, falling], 20, 5, (0, 100), (0, 10), braille=False)
    assert [len(row) for row in cells] == [20] * 5
    assert cells[4][0] == ("*", 0) and cells[0][19] == ("*", 0)
    assert cells[0][0] == ("o", 1) and cells[4][19] == ("o", 1)
    assert {curve for row in cells for _, curve in row} == {-1, 0, 1}


def test_points_that_are_not_joined_leave_a_gap() -> None:
    cells = draw_curves([Curve([0, 100], [5, 5], [False, False], "*")], 21, 3, (0, 100), (0, 10), braille=False)
    assert "".join(sign for sign, _ in cells[1]) == "*" + " " * 19 + "*"


def test_an_earlier_picture_leaves_no_trace() -> None:
    draw_curves([Curve([0, 1], [0, 1], [False, True], "*")], 30, 8, (0, 1), (0, 1), braille=True)
    cells = draw_curves([], 10, 3, (0, 1), (0, 1), braille=True)
    assert cells == [[(" ", -1)] * 10] * 3


# ---- the picture --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=lambda glyphs: glyphs.name)
@pytest.mark.parametrize("size", [(12, 4), (30, 8), (72, 12), (190, 50)])
def test_every_row_is_exactly_as_wide_as_the_widget(glyphs: Glyphs, size: tuple[int, int]) -> None:
    picture = draw([Series("equity", X, RISING), Series("balance", X, RISING * 1.1, draw="dots")], size, glyphs=glyphs)
    rows = text(picture)
    assert len(rows) == size[1] and {cell_len(row) for row in rows} == {size[0]}
    assert glyphs is UNICODE or all(row.isascii() for row in rows)


def test_labels_have_thousands_commas_and_dates_lie_below() -> None:
    rows = text(draw([Series("equity", X, RISING)]))
    labels = [row[:5].strip() for row in rows if row[6] == "┤"]
    assert "1,200" in labels and "1,800" in labels and not any("e" in label for label in labels)
    assert "2021-05" in rows[-1] or "2021-07" in rows[-1]


def test_one_curve_needs_no_legend_and_two_get_a_line_of_their_own() -> None:
    one = draw([Series("equity", X, RISING)])
    two = draw([Series("equity", X, RISING), Series("balance", X, RISING)])
    assert one.top == 0 and two.top == 1
    assert "equity" in text(two)[0] and "balance" in text(two)[0]
    assert not any("equity" in row for row in text(two)[1:])


def test_the_first_curve_lies_on_top() -> None:
    picture = draw([Series("equity", X, RISING, "equity"), Series("balance", X, RISING, "balance")])
    roles = {role for row in picture.rows[1:-1] for sign, role in row[picture.left :] if sign != " "}
    assert roles == {"equity"}


def test_a_log_axis_makes_growth_by_a_constant_factor_straight() -> None:
    growth = 1_000 * 1.02 ** np.arange(400)
    picture = draw([Series("equity", X, growth)], (80, 20), log=True, glyphs=ASCII)
    rows = text(picture)
    middle = picture.left + picture.width // 2
    height = next(index for index, row in enumerate(rows) if row[middle] == "*")
    assert abs(height - (picture.height - 1) / 2) <= 1.5


def test_values_that_a_log_axis_cannot_show_leave_a_gap() -> None:
    y = RISING.copy()
    y[100:300] = 0.0
    picture = draw([Series("equity", X, y)], (80, 12), log=True)
    columns = [picture.column_of(x) for x in (X[150], X[200], X[250])]
    assert all(row[column][0] == " " for row in picture.rows[:-1] for column in columns if column is not None)


def test_zero_belongs_to_an_axis_that_asks_for_it() -> None:
    rows = text(draw([Series("exposure", X, RISING)], zero=True))
    assert any(row[:6].strip() == "0" for row in rows)


@pytest.mark.parametrize("y", [np.full(400, np.nan), np.full(400, np.inf)])
def test_without_a_finite_point_it_says_so(y: np.ndarray) -> None:
    rows = text(draw([Series("equity", X, y)]))
    assert sum("Nothing to draw." in row for row in rows) == 1


def test_a_constant_curve_is_drawn_in_the_middle() -> None:
    picture = draw([Series("equity", X, np.full(400, 1_000.0))], (60, 11), glyphs=ASCII)
    drawn = [index for index, row in enumerate(text(picture)) if "*" in row[picture.left :]]
    assert drawn == [picture.height // 2]


def test_markers_lie_on_the_curve_where_they_belong() -> None:
    picture = draw(
        [Series("price", X, RISING)],
        markers=(
            Markers("entry", X[[0, 200]], RISING[[0, 200]], "entry"),
            Markers("close", X[[399]], RISING[[399]], "close"),
        ),
    )
    rows = picture.rows[picture.top : picture.top + picture.height]
    found = {(sign, column) for row in rows for column, (sign, _) in enumerate(row) if sign in "▲▼"}
    assert found == {("▲", picture.left), ("▲", picture.column_of(X[200])), ("▼", picture.left + picture.width - 1)}


def test_below_twelve_by_four_it_is_a_spark_line() -> None:
    rows = text(draw([Series("equity", X, RISING)], (8, 3)))
    assert rows == ["▁▂▃▄▅▆▇█", " " * 8, " " * 8]
    assert text(draw([Series("equity", X, RISING)], (8, 1), glyphs=ASCII)) == ["_.-=+*#@"]


def test_a_spark_line_of_nothing_is_blank() -> None:
    assert spark_line(Series("e", X[:0], RISING[:0]), (0, 1), 5, UNICODE) == " " * 5


def test_steps_hold_their_value_until_the_next() -> None:
    x, y = X[[0, 200, 399]], np.array([0.0, 1.0, 1.0])
    picture = draw([Series("exposure", x, y, draw="steps")], (60, 9), zero=True, glyphs=ASCII)
    before = picture.column_of(X[190])
    assert before is not None and picture.rows[picture.height - 1][before][0] == "*"


def test_columns_and_positions_are_each_other_s_inverse() -> None:
    picture = draw([Series("equity", X, RISING)])
    for column in range(picture.left, picture.left + picture.width):
        x = picture.x_at(column)
        assert x is not None and picture.column_of(x) == column
    assert picture.x_at(0) is None and picture.column_of(X[0] - 1) is None


# ---- the widget ---------------------------------------------------------------------------------------------------


class ChartScreen(AppScreen[None]):
    CRUMB = "chart"

    def __init__(self) -> None:
        super().__init__()
        self.chart = Chart(title="Equity [/bad]", classes="pane")
        self.heard: list[tuple[str, object]] = []

    def compose_body(self) -> ComposeResult:
        yield self.chart

    def on_mount(self) -> None:
        self.chart.set_series([Series("equity", X, RISING), Series("late", X[200:], RISING[200:], "balance")])

    def on_chart_cursor_moved(self, message: Chart.CursorMoved) -> None:
        self.heard.append(("cursor", message.x))

    def on_chart_view_changed(self, message: Chart.ViewChanged) -> None:
        self.heard.append(("view", message.view))


async def test_zoom_pan_and_the_whole_range(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = ChartScreen()
        await app.push_screen(screen)
        chart = screen.chart
        whole = chart.view
        assert whole == (X[0], X[-1])
        await pilot.press("plus")
        assert chart.view[1] - chart.view[0] == pytest.approx((whole[1] - whole[0]) / 2)
        width = chart.view[1] - chart.view[0]
        await pilot.press("greater_than_sign", "greater_than_sign", "greater_than_sign", "greater_than_sign")
        assert chart.view[1] == pytest.approx(whole[1]) and chart.view[1] - chart.view[0] == pytest.approx(width)
        await pilot.press("less_than_sign")
        assert chart.view[0] == pytest.approx(whole[1] - width * 1.25)
        await pilot.press("minus", "minus", "minus")
        assert chart.view == pytest.approx(whole)
        await pilot.press("plus", "0")
        assert chart.view == pytest.approx(whole)
        assert any(name == "view" for name, _ in screen.heard)


async def test_zooming_in_ends_with_a_few_points(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = ChartScreen()
        await app.push_screen(screen)
        for _ in range(30):
            screen.chart.action_zoom_in()
        assert DAY <= screen.chart.view[1] - screen.chart.view[0] <= 5 * DAY
        await pilot.pause()


async def test_the_cursor_tells_the_values_under_it(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = ChartScreen()
        await app.push_screen(screen)
        chart = screen.chart
        assert chart.values == {}
        await pilot.press("l", "home")
        await pilot.pause()
        assert chart.cursor == X[0]
        assert chart.values["equity"] == RISING[0] and math.isnan(chart.values["late"])
        await pilot.press("end")
        assert chart.values == {"equity": RISING[-1], "late": RISING[-1]}
        await pilot.press("left")
        assert chart.cursor is not None and chart.cursor < X[-1]
        assert screen.heard[-1][0] == "cursor"


async def test_walking_on_at_the_edge_of_a_zoomed_view_pans(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = ChartScreen()
        await app.push_screen(screen)
        await pilot.press("plus", "plus", "end")
        before = screen.chart.view
        await pilot.press("right", "right")
        assert screen.chart.view[0] > before[0]
        assert screen.chart.cursor is not None and screen.chart.cursor > before[1]


async def test_moving_the_cursor_redraws_two_columns_only(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = ChartScreen()
        await app.push_screen(screen)
        await pilot.press("l")
        await pilot.pause()
        chart = screen.chart
        picture = chart._current_picture()
        regions: list[tuple[int, int]] = []
        chart.refresh = lambda *found, **_: regions.extend((r.x, r.width) for r in found) or chart  # type: ignore[method-assign]
        chart.action_cursor_right()
        assert len(regions) == 2 and all(width == 1 for _, width in regions)
        assert chart._current_picture() is picture


async def test_linked_charts_follow_without_echo(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = ChartScreen()
        await app.push_screen(screen)
        screen.chart.set_view(X[100], X[200])
        screen.chart.set_cursor(X[150])
        await pilot.pause()
        assert screen.heard == [] and screen.chart.view == (X[100], X[200])
        screen.chart.show_around(X[300], 10 * DAY)
        await pilot.pause()
        assert screen.chart.view == pytest.approx((X[295], X[305])) and len(screen.heard) == 2


async def test_log_is_switched_by_its_key(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = ChartScreen()
        await app.push_screen(screen)
        await pilot.press("L")
        assert screen.chart.is_log
        await pilot.press("L")
        assert not screen.chart.is_log


async def test_a_click_puts_the_cursor_there(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = ChartScreen()
        await app.push_screen(screen)
        await pilot.pause()
        await pilot.click(Chart, offset=(40, 8))
        await pilot.pause()
        assert screen.chart.cursor is not None and X[0] < screen.chart.cursor < X[-1]


async def test_new_data_keep_the_view_while_it_overlaps(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = ChartScreen()
        await app.push_screen(screen)
        chart = screen.chart
        chart.set_view(X[100], X[200])
        chart.set_series([Series("equity", X, RISING * 2)])
        assert chart.view == (X[100], X[200])
        later = X + 1_000 * DAY
        chart.set_series([Series("equity", later, RISING)])
        assert chart.view == (later[0], later[-1])
        chart.set_series([])
        await pilot.pause()
        assert any("Nothing to draw." in chart.render_line(y).text for y in range(chart.size.height))


async def test_it_survives_every_size(make_app: MakeApp) -> None:
    app = make_app()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = ChartScreen()
        await app.push_screen(screen)
        for width, height in ((60, 16), (200, 60), (61, 17), (120, 35)):
            await pilot.resize_terminal(width, height)
            await pilot.pause()
            chart = screen.chart
            assert all(chart.render_line(y).cell_length == chart.size.width for y in range(chart.size.height))
