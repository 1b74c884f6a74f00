/* The smallest complete client in C: one order, checked, reported filled.
 *
 *   cc -std=c11 minimal.c $(pkg-config --cflags --libs riskgate) -o minimal
 *   ./minimal SOCKET LANE ACCOUNT INSTRUMENT PRICE QTY      (order ids: the clock, so that they are
 *                                                             fresh on every run)
 */
#include <riskgate.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    rg_client gate;
    rg_connect_options options;
    rg_order order;
    rg_verdict verdict;
    rg_exec_report report;
    uint32_t account, instrument;
    int64_t price, qty;
    char why[256];
    int status;

    if (argc != 7) {
        fprintf(stderr, "usage: %s SOCKET LANE ACCOUNT INSTRUMENT PRICE QTY\n", argv[0]);
        return 2;
    }
    if ((status = rg_price(argv[5], &price)) != RG_OK || (status = rg_qty(argv[6], &qty)) != RG_OK) {
        fprintf(stderr, "price %s, quantity %s: %s\n", argv[5], argv[6], rg_strerror(status));
        return 2;
    }

    rg_connect_options_init(&options);
    options.socket_path = argv[1];
    options.lane = argv[2];
    options.wait = RG_WAIT_YIELD; /* RG_WAIT_SPIN where this thread has a core of its own */
    if (rg_connect(&options, &gate) != RG_OK ||
        rg_lookup_account(&gate, argv[3], &account) != RG_OK ||
        rg_lookup_instrument(&gate, argv[4], &instrument) != RG_OK) {
        fprintf(stderr, "%s\n", rg_last_error(&gate));
        rg_close(&gate);
        return 3;
    }

    order = rg_limit_order(rg_now_ns(), account, instrument, RG_SIDE_BUY, price, qty);
    status = rg_check(&gate, &order, 100 * 1000 * 1000, &verdict);
    switch (status) {
    case RG_ACCEPT:
        printf("accepted\n"); /* here the order would go to the venue, which would answer: */
        report = rg_report_of(RG_KIND_ACK, order.id, order.id);
        status = rg_report(&gate, &report);
        if (status == RG_OK) {
            report = rg_fill_of(&order, order.id, price, qty);
            status = rg_report(&gate, &report);
        }
        if (status != RG_OK) {
            fprintf(stderr, "report: %s\n", rg_strerror(status));
        }
        break;
    case RG_REJECT:
        rg_reason_text(&gate, &verdict, why, sizeof why);
        printf("rejected: %s\n", why);
        break;
    default:
        printf("not approved: %s\n", rg_strerror(status));
        break;
    }
    rg_close(&gate);
    return status == RG_OK ? 0 : 1;
}
