"""Single equations by hand: advertising, days, the attack, money, the value of an order."""

from decimal import Decimal

import numpy as np
import pytest

from crmlib.periods import day_number, parse_day
from crmlib.simulation.arrow import money
from crmlib.simulation.assortment import make_assortment
from crmlib.simulation.campaigns import HORIZON, expected_lift, make_campaigns
from crmlib.simulation.customers import draw_customers
from crmlib.simulation.losses import mix_after_attack
from crmlib.simulation.market import REGION_SHARES, SEGMENT_OF_KIND, SEGMENTS, centres
from crmlib.simulation.media import RESPONSES, make_media
from crmlib.simulation.outline import ATTACK, make_outline
from crmlib.simulation.satisfaction import DRIVERS
from crmlib.simulation.timeline import make_timeline
from crmlib.simulation.visits import FUNNELS, UNMET_SHARES

FIRST_DAY = day_number(parse_day("2023-01-01"))


def test_advertising_carries_over_and_saturates_by_hand():
    media = make_media(1, first_day=FIRST_DAY, n_days=60, n_customers=10_000)
    channel, region = 2, 0
    response = RESPONSES[channel]
    effective = 0.0
    for week in range(len(media.week_days)):
        spent = media.cost_cents[week, channel, region] / 100 / (10 * REGION_SHARES[region])
        effective = spent + response.carry_over * effective
        by_hand = response.most * (1 - np.exp(-effective / response.scale))
        assert media.uplift[week, channel, region] == pytest.approx(by_hand)


def test_weeks_begin_on_mondays_and_lie_within_the_days():
    media = make_media(1, first_day=FIRST_DAY, n_days=60, n_customers=100)
    first = media.week_days + FIRST_DAY
    assert ((first - day_number(parse_day("2024-01-01"))) % 7 == 0).all()  # a Monday
    assert media.week_days[0] == 1  # 2023-01-01 is a Sunday
    assert media.week_days[-1] + 6 < 60


def test_two_years_of_days_have_a_mean_factor_of_one():
    timeline = make_timeline(first_day=FIRST_DAY, n_days=731, uplift=np.zeros((6, 731)))
    assert timeline.factor[:, :730].mean() == pytest.approx(1, abs=0.01)


def test_days_are_drawn_in_proportion_to_their_factor():
    timeline = make_timeline(first_day=FIRST_DAY, n_days=14, uplift=np.zeros((6, 14)))
    rng = np.random.default_rng(1)
    n = 40_000
    start, end = np.full(n, 2), np.full(n, 9)
    drawn = timeline.draw_days(rng, np.full(n, 5), start, end)
    assert (drawn.min(), drawn.max()) == (2, 8)
    share = np.bincount(drawn, minlength=9)[2:] / n
    wanted = timeline.factor[5, 2:9] / timeline.factor[5, 2:9].sum()
    assert share == pytest.approx(wanted, abs=4 * np.sqrt(0.25 / n))


def test_attack_moves_a_category_to_the_others():
    mix = np.full((2, 10), 0.1)
    after = mix_after_attack(mix, np.array([True, False]))
    assert after[0, ATTACK.category] == 0
    assert after.sum(axis=1) == pytest.approx(1)
    assert after[1] == pytest.approx(mix[1])


def test_amounts_are_exact_to_the_cent():
    cents = np.array([0, 1, -1, 10**11, -(10**11) - 1])
    wanted = [Decimal(int(value)) / 100 for value in cents]
    assert money(cents).to_pylist() == wanted
    empty = np.array([True, False, True, False, False])
    assert money(cents, empty=empty).to_pylist() == [None, wanted[1], None, *wanted[3:]]


def test_shares_that_must_add_up_do():
    assert SEGMENT_OF_KIND.sum(axis=1) == pytest.approx(1)
    assert REGION_SHARES.sum() == pytest.approx(1)
    assert centres().sum(axis=1) == pytest.approx(1)
    assert sum(one.weight for one in DRIVERS) == pytest.approx(1)
    assert sum(one.share for one in FUNNELS) == pytest.approx(1)
    assert sum(UNMET_SHARES) == pytest.approx(1)
    assert all(sum(segment.bands) == pytest.approx(1) for segment in SEGMENTS)


def test_campaigns_never_overlap():
    starts = [one.start for one in make_campaigns(1500)]
    assert len(starts) > 10
    assert min(np.diff(starts)) > HORIZON


def test_lift_by_affinity_is_proportional_to_the_share_of_the_category():
    campaign = next(one for one in make_campaigns(730) if one.by_affinity)
    mix = np.zeros((2, 10))
    mix[:, campaign.category] = (0.12, 0.36)
    lift = expected_lift(campaign, segment=np.array([0, 0]), mix=mix)
    assert lift == pytest.approx([campaign.lift[0], 3 * campaign.lift[0]])


def test_rates_are_gamma_given_the_factors():
    """Need gamma(a + b) times share beta(a, b): mean a / (a + b) of the need, shape a."""
    outline = make_outline(2, n_customers=4096, first_day=FIRST_DAY, n_days=365)
    customers = draw_customers(outline, 0)
    assert customers.rate == pytest.approx(customers.need * customers.share)
    assert customers.share.mean() == pytest.approx(0.32, abs=4 * 0.19 / 64)
    assert (customers.dropout > 0).all()
    assert customers.dropout.mean() == pytest.approx(1 / 1000, rel=4 / 64)
    assert customers.mix.sum(axis=1) == pytest.approx(1)


def test_cost_stays_below_the_discounted_price():
    made = make_assortment(4)
    assert (made.cost_cents < 0.85 * made.price_cents).all()
