/* How requests and reports lie in the slots that a gate reads: every field, the extension of a request,
 * the fee of a fill, a correction's two slots. See fake_gate_test.c for the answers. */
#include "cases.h"

static void case_order_layout(void)
{
    uint64_t w[8];
    rg_order order = buy(11);
    rg_exec_report report;
    order.parent = 99;
    order.venue = 0x1234;
    order.algo = 0x5678;
    order.capacity = RG_CAPACITY_PRINCIPAL;
    order.sale_mark = RG_SALE_MARK_SHORT_EXEMPT;
    order.tif = RG_TIF_IOC;
    order.flags = RG_FLAG_WHAT_IF;
    EQUAL(rg_submit(&client, &order), RG_OK);
    REQUIRE(take_order(&gate, w));
    EQUAL(w[1], 11);
    EQUAL(w[2], 187 * RG_PRICE_ONE);
    EQUAL(w[3], 100 * RG_QTY_ONE);
    EQUAL(w[4], 99);
    EQUAL(w[5], UINT64_C(7) << 32 | 5);
    EQUAL(w[6], UINT64_C(0x5678123401313901));
    EQUAL((uint32_t)w[7], 0);
    order.target = 11;
    order.id = 12;
    EQUAL(rg_replace(&client, &order), RG_OK);
    REQUIRE(take_order(&gate, w));
    EQUAL(kind_of(w), RG_KIND_REPLACE);
    EQUAL(w[4], 11);
    EQUAL(rg_cancel_of_lane(&client, 13, 11, 4), RG_OK);
    REQUIRE(take_order(&gate, w));
    EQUAL(w[1], 13);
    EQUAL(w[4], 11);
    EQUAL(w[6], UINT64_C(5) << 32 | RG_KIND_CANCEL);
    EQUAL(rg_mass_cancel(&client, 14, RG_ANY_ID, 5, RG_SIDE_SELL), RG_OK);
    REQUIRE(take_order(&gate, w));
    EQUAL(w[5], UINT64_C(0xffffffff00000005));
    EQUAL(w[6], RG_SIDE_SELL << 8 | RG_KIND_MASS_CANCEL);
    report = rg_fill_of(&order, 9001, 5, 6);
    report.origin = 2;
    EQUAL(rg_report(&client, &report), RG_OK);
    REQUIRE(take_order(&gate, w));
    EQUAL(w[1], 11); /* a replace's fill is its order's */
    EQUAL(w[2], 5);
    EQUAL(w[3], 6);
    EQUAL(w[4], 9001);
    EQUAL(w[5], UINT64_C(7) << 32 | 5);
    EQUAL(w[6], UINT64_C(2) << 32 | RG_SIDE_BUY << 8 | RG_KIND_FILL);
}

static void case_extension_pair(void)
{
    uint64_t w[8];
    uint64_t i;
    rg_order order = buy(1);
    rg_exec_report report = rg_report_of(RG_KIND_ACK, 1, 1);
    order.type = RG_TYPE_STOP_LIMIT;
    order.stop_price = 190 * RG_PRICE_ONE;
    order.display_qty = 10 * RG_QTY_ONE;
    order.min_qty = RG_QTY_ONE;
    order.good_till_ns = 123;
    EQUAL(rg_submit(&client, &order), RG_OK);
    REQUIRE(take_order(&gate, w));
    EQUAL(w[1], 1);
    EQUAL(w[2], 190 * RG_PRICE_ONE);
    EQUAL(w[3], RG_QTY_ONE);
    EQUAL(w[4], 10 * RG_QTY_ONE);
    EQUAL(w[5], 123);
    EQUAL(w[6], RG_KIND_EXTENSION);
    EQUAL(w[7], 0);
    REQUIRE(take_order(&gate, w));
    EQUAL(kind_of(w), RG_KIND_NEW);
    EQUAL((w[6] >> 24) & 0xff, RG_FLAG_HAS_EXTENSION);
    for (i = 1; i < CAPACITY; i++) {
        EQUAL(rg_report(&client, &report), RG_OK);
    }
    order.id = 2;
    EQUAL(rg_submit(&client, &order), RG_FULL); /* one slot is free, two are needed */
    EQUAL(rg_correct(&client, &report, &report), RG_INVALID);
    EQUAL(client.order_cursor, 2 + CAPACITY - 1); /* nothing was written */
}

static void case_fee_of_a_fill(void)
{
    uint64_t w[8];
    uint64_t i;
    rg_order order = buy(1);
    rg_exec_report fill = rg_fill_of(&order, 50, 1, 2);
    rg_exec_report ack = rg_report_of(RG_KIND_ACK, 1, 1);
    fill.fee = -7; /* a rebate */
    EQUAL(rg_report(&client, &fill), RG_OK);
    REQUIRE(take_order(&gate, w));
    EQUAL(w[1], 1);
    EQUAL(w[2], RG_PRICE_UNDEFINED);
    EQUAL(w[6], RG_KIND_EXTENSION);
    EQUAL((int64_t)w[7], -7);
    REQUIRE(take_order(&gate, w));
    EQUAL(kind_of(w), RG_KIND_FILL);
    EQUAL((w[6] >> 24) & 0xff, RG_FLAG_HAS_EXTENSION);
    fill.fee = 0; /* as before: one slot */
    EQUAL(rg_report(&client, &fill), RG_OK);
    expect_kind(RG_KIND_FILL, 1);
    ack.fee = 1;
    EQUAL(rg_report(&client, &ack), RG_INVALID);
    ack.fee = 0;
    for (i = 1; i < CAPACITY; i++) {
        EQUAL(rg_report(&client, &ack), RG_OK);
    }
    fill.fee = 5;
    EQUAL(rg_report(&client, &fill), RG_FULL); /* one slot is free, two are needed */
    EQUAL(rg_report(&client, &ack), RG_OK);
}

static void case_correction(void)
{
    rg_order order = buy(1);
    rg_exec_report wrong = rg_fill_of(&order, 50, 1, 2);
    rg_exec_report right = rg_fill_of(&order, 51, 1, 3);
    EQUAL(rg_correct(&client, &wrong, &right), RG_OK);
    expect_kind(RG_KIND_BUST, 1);
    expect_kind(RG_KIND_FILL, 1);
}

static const struct test_case cases[] = {
    CASE(order_layout),
    CASE(extension_pair),
    CASE(fee_of_a_fill),
    CASE(correction),
};

int main(int argc, char **argv)
{
    return run_cases(cases, sizeof cases / sizeof cases[0], argc, argv);
}
