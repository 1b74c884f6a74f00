/* A fake gate as a program, for the examples: accepts orders of 1,000 and less, rejects larger ones
 * as the real one would, counts reports. Serves SOCKET for at most 60 seconds, or until COUNT
 * requests were decided and what followed them was read; prints what it saw.
 *
 *     fake_gate_main SOCKET COUNT FILLS
 */
#include "fake_gate.h"

static struct fake_gate gate;

int main(int argc, char **argv)
{
    uint64_t decided = 0;
    uint64_t fills = 0;
    uint64_t count, fills_wanted;
    char *lane = NULL;
    REQUIRE(argc == 4);
    count = strtoull(argv[2], NULL, 10);
    fills_wanted = strtoull(argv[3], NULL, 10);
    alarm(60);
    fake_start(&gate, argv[1], 16);
    while (decided < count || fills < fills_wanted) {
        uint64_t w[8];
        char *region = RG_LOAD_ACQUIRE(&gate.gate_region);
        if (region == NULL ||
            RG_LOAD_ACQUIRE(fake_u32(region, RG_LANE_STATE_OFFSET)) != RG_LANE_OPEN) {
            (void)usleep(500);
            continue;
        }
        lane = region;
        while (lane == RG_LOAD_ACQUIRE(&gate.gate_region) && take_order(&gate, w)) {
            if ((uint8_t)w[6] == RG_KIND_NEW) {
                int64_t limit = 1000 * RG_QTY_ONE;
                struct fake_verdict v = {w[1], 0, (int64_t)w[3], limit, FOREVER, gate.epoch, 3,
                                         RG_DECISION_ACCEPT, 0, 0};
                if (v.observed > limit) {
                    v.decision = RG_DECISION_REJECT;
                    v.first_check = RG_CHECK_MAX_ORDER_QTY;
                    v.breaches = 1u << (RG_CHECK_MAX_ORDER_QTY - 1);
                }
                put_verdict(&gate, &v);
                decided++;
            } else if ((uint8_t)w[6] == RG_KIND_FILL) {
                fills++;
            }
        }
        (void)usleep(200);
    }
    /* Stay for questions (the name of a node) until the client hangs up. */
    while (RG_LOAD_ACQUIRE(&gate.connections) != 0) {
        (void)usleep(200);
    }
    fake_stop(&gate);
    printf("decided %llu, fills %llu\n", (unsigned long long)decided, (unsigned long long)fills);
    return 0;
}
