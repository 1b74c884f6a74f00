/* The feed handler's end of the mark table: the writing half of a sequence lock, inline.
 *
 * Private to riskgate.h, which documents rg_mark_set, rg_mark_set_close, rg_mark_set_volume. It never reads what
 * another process writes, except the gate page.
 */
#ifndef RISKGATE_MARKS_H
#define RISKGATE_MARKS_H

#include "atomic.h"
#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Opens a line for writing: odd from here on. A line that was never written gets undefined prices.
 * Returns the line, or NULL if there is no such instrument. */
static inline uint64_t *rg_priv_mark_begin(rg_marks *m, uint32_t instrument)
{
    uint64_t *line;
    uint64_t seq;
    if (RG_UNLIKELY(m == NULL || m->lines == NULL || instrument >= m->instruments)) {
        return NULL;
    }
    line = m->lines + (size_t)instrument * 8;
    seq = RG_LOAD_RELAXED(&line[0]);
    RG_STORE_RELAXED(&line[0], seq | 1);
    /* SYNC seqlock.begin: a reader that sees any word below also sees the odd number, because its
     * acquire fence comes between loading the words and looking at the number again. */
    RG_FENCE_RELEASE();
    if (RG_UNLIKELY(seq == 0)) {
        RG_STORE_RELAXED(&line[1], (uint64_t)RG_PRICE_UNDEFINED);
        RG_STORE_RELAXED(&line[2], (uint64_t)RG_PRICE_UNDEFINED);
        RG_STORE_RELAXED(&line[3], (uint64_t)RG_PRICE_UNDEFINED);
        RG_STORE_RELAXED(&line[4], (uint64_t)RG_PRICE_UNDEFINED);
    }
    return line;
}

/* Closes the line: even again. */
static inline void rg_priv_mark_end(uint64_t *line)
{
    uint64_t seq = RG_LOAD_RELAXED(&line[0]);
    /* SYNC seqlock.end: pairs with the reader's acquire of the number; it sees the words. */
    RG_STORE_RELEASE(&line[0], seq + 1);
}

static inline int rg_priv_marks_alive(const rg_marks *m, uint64_t now)
{
    uint64_t beat = RG_LOAD_RELAXED(m->heartbeat);
    if (RG_UNLIKELY(RG_LOAD_RELAXED(&m->gate_words[0]) > RG_GATE_READY ||
                    (beat < now && now - beat > m->heartbeat_stale_ns))) {
        return RG_GATE_DOWN;
    }
    return RG_OK;
}

static inline int rg_mark_set(rg_marks *marks, uint32_t instrument, int64_t bid, int64_t ask,
                              int64_t last, uint64_t now_ns)
{
    uint64_t *line = rg_priv_mark_begin(marks, instrument);
    if (RG_UNLIKELY(line == NULL)) {
        return marks != NULL && marks->lines == NULL ? RG_GATE_DOWN : RG_INVALID;
    }
    RG_STORE_RELAXED(&line[1], (uint64_t)bid);
    RG_STORE_RELAXED(&line[2], (uint64_t)ask);
    RG_STORE_RELAXED(&line[5], now_ns);
    if (last != RG_PRICE_UNDEFINED) {
        RG_STORE_RELAXED(&line[3], (uint64_t)last);
        RG_STORE_RELAXED(&line[6], now_ns);
    }
    rg_priv_mark_end(line);
    return rg_priv_marks_alive(marks, now_ns);
}

static inline int rg_mark_set_close(rg_marks *marks, uint32_t instrument, int64_t close)
{
    uint64_t *line = rg_priv_mark_begin(marks, instrument);
    if (RG_UNLIKELY(line == NULL)) {
        return marks != NULL && marks->lines == NULL ? RG_GATE_DOWN : RG_INVALID;
    }
    RG_STORE_RELAXED(&line[4], (uint64_t)close);
    rg_priv_mark_end(line);
    return rg_priv_marks_alive(marks, rg_now_ns());
}

static inline int rg_mark_set_volume(rg_marks *marks, uint32_t instrument, int64_t volume)
{
    uint64_t *line;
    if (RG_UNLIKELY(volume < 0)) {
        return RG_INVALID;
    }
    line = rg_priv_mark_begin(marks, instrument);
    if (RG_UNLIKELY(line == NULL)) {
        return marks != NULL && marks->lines == NULL ? RG_GATE_DOWN : RG_INVALID;
    }
    RG_STORE_RELAXED(&line[7], (uint64_t)volume);
    rg_priv_mark_end(line);
    return rg_priv_marks_alive(marks, rg_now_ns());
}

#ifdef __cplusplus
}
#endif

#endif /* RISKGATE_MARKS_H */
