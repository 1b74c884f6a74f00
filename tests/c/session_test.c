/* Sessions: reconnecting, questions, refusals, and the feed handler, against a fake gate. See
 * fake_gate_test.c for the hot path. */
#include "cases.h"

static void *run_reconnect(void *argument)
{
    EQUAL(rg_reconnect(argument), RG_OK);
    return NULL;
}

static void case_reconnect_hands_over(void)
{
    pthread_t thread;
    uint64_t w[8];
    uint64_t ids[4];
    size_t count;
    rg_verdict v;
    rg_order order = buy(1);
    rg_exec_report fill = rg_fill_of(&order, 70, 1, 1);
    char *old_region = gate.gate_region;
    EQUAL(rg_submit(&client, &order), RG_OK); /* consumed, without a verdict */
    REQUIRE(take_order(&gate, w));
    EQUAL(rg_report(&client, &fill), RG_OK); /* these three are not consumed */
    order.id = 2;
    EQUAL(rg_submit(&client, &order), RG_OK);
    EQUAL(rg_void(&client, 8, 8), RG_OK);
    RG_STORE_RELEASE(fake_u32(gate.page, RG_STATE_OFFSET), RG_GATE_FAILED);
    EQUAL(rg_submit(&client, &order), RG_GATE_DOWN);
    gate.epoch = 2;
    gate.items[0].order_id = 555; /* sent long ago, and the unanswered one */
    gate.items[1].order_id = 1;
    gate.item_count = 2;
    /* rg_reconnect asks what is open, for which all must be consumed: play the engine meanwhile */
    REQUIRE(pthread_create(&thread, NULL, run_reconnect, &client) == 0);
    for (;;) { /* the new lane opens last, when all of its memory is there */
        char *region = RG_LOAD_ACQUIRE(&gate.gate_region);
        if (region != old_region &&
            RG_LOAD_ACQUIRE(fake_u32(region, RG_LANE_STATE_OFFSET)) == RG_LANE_OPEN) {
            break;
        }
        rg_wait_turn();
    }
    while (!take_order(&gate, w)) {
        rg_wait_turn();
    }
    EQUAL(kind_of(w), RG_KIND_FILL);
    EQUAL(w[4], 70);
    while (!take_order(&gate, w)) {
        rg_wait_turn();
    }
    EQUAL(kind_of(w), RG_KIND_VOID);
    EQUAL(w[1], 8);
    REQUIRE(pthread_join(thread, NULL) == 0);
    EQUAL(rg_health(&client), RG_OK);
    EQUAL(client.epoch, 2);
    expect_void(1, 1); /* open at the gate and never approved */
    REQUIRE(!take_order(&gate, w));
    EQUAL(rg_unanswered(&client, ids, 4, &count), RG_OK);
    EQUAL(count, 2);
    EQUAL(ids[0], 1);
    EQUAL(ids[1], 2);
    EQUAL(rg_unanswered(&client, ids, 1, &count), RG_TOO_SMALL);
    put_decision(&gate, 3, RG_DECISION_ACCEPT);
    EQUAL(check(3, &v), RG_ACCEPT);
}

static void case_questions(void)
{
    static struct rg_outstanding_item items[600];
    uint32_t id = 0;
    size_t count = 0;
    uint64_t seq = 0;
    uint32_t i;
    char name[65];
    EQUAL(rg_lookup_instrument(&client, "AAPL", &id), RG_OK);
    EQUAL(id, 5);
    EQUAL(rg_lookup_account(&client, "unknown-desk", &id), RG_NOT_FOUND);
    REQUIRE(strstr(rg_last_error(&client), "unknown-desk") != NULL);
    EQUAL(rg_lookup_account(&client, "", &id), RG_INVALID);
    EQUAL(rg_node_name(&client, 3, name, sizeof name), RG_OK);
    REQUIRE(strcmp(name, "desk EQ-US") == 0);
    EQUAL(rg_node_name(&client, 3, name, 4), RG_TOO_SMALL);
    for (i = 0; i < 600; i++) {
        gate.items[i].order_id = i + 1;
    }
    gate.item_count = 600; /* three messages */
    EQUAL(rg_outstanding(&client, items, 600, &count, &seq), RG_OK);
    EQUAL(count, 600);
    EQUAL(seq, 77);
    EQUAL(items[599].order_id, 600);
    EQUAL(rg_outstanding(&client, items, 10, &count, NULL), RG_TOO_SMALL);
    EQUAL(count, 600);
    EQUAL(rg_lookup_instrument(&client, "AAPL", &id), RG_OK); /* nothing is left in the socket */
}

static int connect_again(uint64_t timeout_ns)
{
    rg_connect_options options;
    rg_close(&client);
    rg_connect_options_init(&options);
    options.socket_path = path;
    options.lane = "ems-1";
    options.timeout_ns = timeout_ns;
    return rg_connect(&options, &client);
}

static void case_refusals(void)
{
    rg_verdict v;
    rg_order order = buy(1);
    rg_connect_options options;
    gate.welcome_status = RG_STATUS_UNKNOWN_LANE;
    gate.welcome_text = "no lane \"ems-1\": there are a, b";
    EQUAL(connect_again(0), RG_UNKNOWN_LANE);
    REQUIRE(strcmp(rg_last_error(&client), gate.welcome_text) == 0);
    EQUAL(rg_submit(&client, &order), RG_GATE_DOWN);
    EQUAL(rg_check(&client, &order, 1, &v), RG_GATE_DOWN);
    EQUAL(rg_poll(&client, &v), 0);
    gate.welcome_status = RG_STATUS_OK;
    gate.welcome_text = NULL;
    gate.abi_major = 2;
    EQUAL(connect_again(0), RG_VERSION_MISMATCH);
    REQUIRE(strstr(rg_last_error(&client), "1.1") && strstr(rg_last_error(&client), "2.1"));
    gate.abi_major = RG_ABI_MAJOR;
    gate.capacity = 12; /* no power of two */
    EQUAL(connect_again(0), RG_PROTOCOL);
    gate.capacity = CAPACITY;
    gate.leave_locked = 1;
    EQUAL(connect_again(SHORT_NS * 10), RG_GATE_DOWN);
    gate.leave_locked = 0;
    gate.silent = 1;
    EQUAL(connect_again(SHORT_NS * 10), RG_TIMEOUT);
    gate.silent = 0;
    EQUAL(connect_again(0), RG_OK);
    rg_close(&client);
    rg_connect_options_init(&options);
    EQUAL(rg_connect(&options, &client), RG_INVALID);
    options.client_bytes = 16;
    EQUAL(rg_connect(&options, &client), RG_INVALID);
    EQUAL(rg_connect(NULL, &client), RG_INVALID);
    rg_close(&client);
}

static void case_marks(void)
{
    rg_marks_options options;
    rg_marks marks;
    uint32_t id;
    const uint64_t *line;
    rg_marks_options_init(&options);
    options.socket_path = path;
    EQUAL(rg_marks_open(&options, &marks), RG_OK);
    EQUAL(rg_marks_lookup_instrument(&marks, "AAPL", &id), RG_OK);
    EQUAL(rg_mark_set(&marks, 8, 1, 2, 3, rg_now_ns()), RG_INVALID);
    EQUAL(rg_mark_set(&marks, id, 10, 20, 15, 1000), RG_OK);
    line = fake_u64(gate.marks, RG_MARK_LINES_OFFSET) + id * 8;
    EQUAL(line[0], 2);
    EQUAL(line[1], 10);
    EQUAL(line[2], 20);
    EQUAL(line[3], 15);
    EQUAL(line[4], RG_PRICE_UNDEFINED);
    EQUAL(line[5], 1000);
    EQUAL(line[6], 1000);
    EQUAL(rg_mark_set(&marks, id, 11, RG_PRICE_UNDEFINED, RG_PRICE_UNDEFINED, 2000), RG_OK);
    EQUAL(line[0], 4);
    EQUAL(line[2], RG_PRICE_UNDEFINED);
    EQUAL(line[3], 15); /* the last trade stays, with its time */
    EQUAL(line[5], 2000);
    EQUAL(line[6], 1000);
    EQUAL(rg_mark_set_close(&marks, id, 9), RG_OK);
    EQUAL(line[4], 9);
    EQUAL(line[1], 11);
    EQUAL(line[7], 0);
    EQUAL(rg_mark_set_volume(&marks, id, 12), RG_OK);
    EQUAL(rg_mark_set_volume(&marks, id, -1), RG_INVALID);
    EQUAL(line[7], 12);
    EQUAL(line[4], 9);
    *fake_u32(gate.page, RG_STATE_OFFSET) = RG_GATE_STOPPED;
    EQUAL(rg_mark_set(&marks, id, 1, 2, 3, rg_now_ns()), RG_GATE_DOWN);
    rg_marks_close(&marks);
    EQUAL(rg_mark_set(&marks, id, 1, 2, 3, 4), RG_GATE_DOWN);
}

static const struct test_case cases[] = {
    CASE(reconnect_hands_over),
    CASE(questions),
    CASE(refusals),
    CASE(marks),
};

int main(int argc, char **argv)
{
    return run_cases(cases, sizeof cases / sizeof cases[0], argc, argv);
}
