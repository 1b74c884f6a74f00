// Counts durations in buckets that are 1/128 of their value wide: any percentile to better than 1%,
// in 33 KiB, without ever allocating. Values above 2^40 ns (18 minutes) fall into the last bucket;
// the least and the greatest value are kept exactly.
#pragma once

#include <array>
#include <cstdint>

namespace ems {

class Histogram {
public:
    void record(std::uint64_t ns)
    {
        buckets_[bucket_of(ns)] += 1;
        count_ += 1;
        sum_ += ns;
        min_ = ns < min_ ? ns : min_;
        max_ = ns > max_ ? ns : max_;
    }

    std::uint64_t count() const { return count_; }
    std::uint64_t max() const { return max_; }
    std::uint64_t min() const { return count_ == 0 ? 0 : min_; }
    std::uint64_t mean() const { return count_ == 0 ? 0 : sum_ / count_; }

    // The least value that at least `part` of all values do not exceed, never below the truth and
    // at most 1% above it. `part` is in (0, 1]; 0 if there are no values.
    std::uint64_t percentile(double part) const
    {
        const double exact = part * static_cast<double>(count_);
        auto wanted = static_cast<std::uint64_t>(exact);
        wanted += static_cast<double>(wanted) < exact ? 1 : 0;
        std::uint64_t seen = 0;
        for (std::size_t i = 0; i < buckets_.size(); ++i) {
            seen += buckets_[i];
            if (seen >= wanted && seen != 0) {
                const std::uint64_t top = greatest_of(i);
                return top < max_ ? top : max_;
            }
        }
        return max_;
    }

private:
    static constexpr unsigned bits = 7; // 128 buckets per power of two
    static constexpr unsigned top_bit = 40;
    static constexpr std::size_t bucket_count = std::size_t{top_bit - bits + 1} << bits;

    static unsigned highest_bit(std::uint64_t v)
    {
        return 63u - static_cast<unsigned>(__builtin_clzll(v));
    }

    // Values below 2^bits are their own bucket; above, the top `bits` bits below the highest count.
    static std::size_t bucket_of(std::uint64_t v)
    {
        if (v < (UINT64_C(1) << bits)) {
            return static_cast<std::size_t>(v);
        }
        const unsigned shift = highest_bit(v) - bits;
        const std::size_t at = (std::size_t{shift} << bits) + static_cast<std::size_t>(v >> shift);
        return at < bucket_count ? at : bucket_count - 1;
    }

    static std::uint64_t greatest_of(std::size_t bucket)
    {
        if (bucket < (std::size_t{1} << bits)) {
            return bucket;
        }
        const unsigned shift = static_cast<unsigned>(bucket >> bits) - 1;
        const std::uint64_t whole = UINT64_C(1) << bits;
        const std::uint64_t lead = (bucket & (whole - 1)) | whole;
        return ((lead + 1) << shift) - 1;
    }

    std::array<std::uint64_t, bucket_count> buckets_{};
    std::uint64_t count_ = 0;
    std::uint64_t sum_ = 0;
    std::uint64_t min_ = UINT64_MAX;
    std::uint64_t max_ = 0;
};

} // namespace ems
