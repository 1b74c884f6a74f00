/* Decimal text and fixed point, exactly. Never rounds, never uses floating point or the locale. */
#include "internal.h"

#include <string.h>

#define PRICE_PLACES 9u
#define QTY_PLACES 8u

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Appends a digit to a magnitude that must stay within INT64_MAX - 1 (INT64_MAX is "undefined"). */
static int push(uint64_t *magnitude, unsigned digit)
{
    const uint64_t most = (uint64_t)INT64_MAX - 1;
    if (*magnitude > (most - digit) / 10) {
        return RG_RANGE;
    }
    *magnitude = *magnitude * 10 + digit;
    return RG_OK;
}

static int parse(const char *text, unsigned places, int64_t *out)
{
    uint64_t magnitude = 0;
    unsigned seen = 0; /* places read */
    int negative = 0;
    int precise = 1;
    int status = RG_OK;
    const char *p = text;
    if (text == NULL || out == NULL) {
        return RG_INVALID;
    }
    if (*p == '-' || *p == '+') {
        negative = *p == '-';
        p++;
    }
    if (!is_digit(*p)) {
        return RG_SYNTAX;
    }
    for (; is_digit(*p); p++) {
        status = status == RG_OK ? push(&magnitude, (unsigned)(*p - '0')) : status;
    }
    if (*p == '.') {
        p++;
        if (!is_digit(*p)) {
            return RG_SYNTAX;
        }
        for (; is_digit(*p); p++) {
            if (seen < places) {
                status = status == RG_OK ? push(&magnitude, (unsigned)(*p - '0')) : status;
                seen++;
            } else if (*p != '0') {
                precise = 0;
            }
        }
    }
    if (*p != '\0') {
        return RG_SYNTAX;
    }
    for (; seen < places && status == RG_OK; seen++) {
        status = push(&magnitude, 0);
    }
    if (status != RG_OK) {
        return status;
    }
    if (!precise) {
        return RG_PRECISION;
    }
    *out = negative ? -(int64_t)magnitude : (int64_t)magnitude;
    return RG_OK;
}

static int format(int64_t value, unsigned places, char *buffer, size_t size)
{
    char text[32];
    char *end = text + sizeof text;
    char *p = end;
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    unsigned i;
    int significant = 0; /* trailing zeros of the fraction are not written */
    size_t length;
    if (buffer == NULL || size == 0) {
        return RG_INVALID;
    }
    buffer[0] = '\0';
    for (i = 0; i < places; i++) {
        unsigned digit = (unsigned)(magnitude % 10);
        magnitude /= 10;
        if (digit != 0 || significant) {
            significant = 1;
            *--p = (char)('0' + digit);
        }
    }
    if (significant) {
        *--p = '.';
    }
    do {
        *--p = (char)('0' + magnitude % 10);
        magnitude /= 10;
    } while (magnitude != 0);
    if (value < 0) {
        *--p = '-';
    }
    length = (size_t)(end - p);
    if (length >= size) {
        return RG_TOO_SMALL;
    }
    memcpy(buffer, p, length);
    buffer[length] = '\0';
    return (int)length;
}

RG_EXPORT int rg_price(const char *text, int64_t *price)
{
    return parse(text, PRICE_PLACES, price);
}

RG_EXPORT int rg_qty(const char *text, int64_t *qty)
{
    return parse(text, QTY_PLACES, qty);
}

RG_EXPORT int rg_format_price(int64_t price, char *buffer, size_t size)
{
    static const char undefined[] = "undefined";
    if (price != RG_PRICE_UNDEFINED) {
        return format(price, PRICE_PLACES, buffer, size);
    }
    if (buffer == NULL || size == 0) {
        return RG_INVALID;
    }
    buffer[0] = '\0';
    if (size < sizeof undefined) {
        return RG_TOO_SMALL;
    }
    memcpy(buffer, undefined, sizeof undefined);
    return (int)(sizeof undefined - 1);
}

RG_EXPORT int rg_format_qty(int64_t qty, char *buffer, size_t size)
{
    return format(qty, QTY_PLACES, buffer, size);
}
