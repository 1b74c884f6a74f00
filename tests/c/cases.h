/* What the cases against a fake gate share: a gate and a client per case, orders, expectations, and
 * the main program. A file of cases defines `cases` and includes this first. */
#ifndef CASES_H
#define CASES_H

#include "fake_gate.h"

#define CAPACITY 8u
#define SHORT_NS UINT64_C(2000000)

static struct fake_gate gate;
static rg_client client;
static char path[64];

static inline void setup(void)
{
    rg_connect_options options;
    (void)snprintf(path, sizeof path, "/tmp/riskgate-fake-%ld.sock", (long)getpid());
    fake_start(&gate, path, CAPACITY);
    rg_connect_options_init(&options);
    options.socket_path = path;
    options.lane = "ems-1";
    options.wait = RG_WAIT_YIELD;
    EQUAL(rg_connect(&options, &client), RG_OK);
}

static inline void teardown(void)
{
    rg_close(&client);
    rg_close(&client); /* harmless */
    fake_stop(&gate);
}

static inline rg_order buy(uint64_t id)
{
    return rg_limit_order(id, 7, 5, RG_SIDE_BUY, 187 * RG_PRICE_ONE, 100 * RG_QTY_ONE);
}

static inline int check(uint64_t id, rg_verdict *v)
{
    rg_order order = buy(id);
    return rg_check(&client, &order, SHORT_NS, v);
}

static inline uint8_t kind_of(const uint64_t w[8])
{
    return (uint8_t)w[6];
}

/* The next slot must be the void of this request. */
static inline void expect_void(uint64_t order_id, uint64_t request_id)
{
    uint64_t w[8];
    REQUIRE(take_order(&gate, w));
    EQUAL(kind_of(w), RG_KIND_VOID);
    EQUAL(w[1], order_id);
    EQUAL(w[4], request_id);
}

static inline void expect_kind(uint8_t kind, uint64_t order_id)
{
    uint64_t w[8];
    REQUIRE(take_order(&gate, w));
    EQUAL(kind_of(w), kind);
    EQUAL(w[1], order_id);
}

struct test_case {
    const char *name;
    void (*run)(void);
};
#define CASE(name) {#name, case_##name}

/* Runs all cases, or the one that is named on the command line. */
static inline int run_cases(const struct test_case *cases, size_t count, int argc, char **argv)
{
    size_t ran = 0;
    size_t i;
    alarm(100);
    for (i = 0; i < count; i++) {
        if (argc < 2 || strcmp(argv[1], cases[i].name) == 0) {
            setup();
            cases[i].run();
            teardown();
            ran++;
        }
    }
    REQUIRE(ran != 0);
    printf("%zu cases ok\n", ran);
    return 0;
}

#endif /* CASES_H */
