/* The only place in these headers that names a memory ordering. It never adds behaviour.
 *
 * The macros work on naturally aligned uint32_t and uint64_t in shared memory. C11's
 * <stdatomic.h> wants objects declared _Atomic and C++'s <atomic> another type for the same bytes;
 * the builtins of gcc and clang serve both languages with one spelling.
 *
 *   RG_LOAD_RELAXED   one load, whole word, no ordering
 *   RG_STORE_RELAXED  one store, whole word, no ordering
 *   RG_LOAD_ACQUIRE   what is read after it was written before the matching release
 *   RG_STORE_RELEASE  what was written before it is visible to who acquires this word
 *   RG_FENCE_RELEASE  earlier stores stay before later stores (writer's half of a sequence lock)
 */
#ifndef RISKGATE_ATOMIC_H
#define RISKGATE_ATOMIC_H

#if !defined(__GNUC__)
#error "riskgate.h needs gcc or clang (or a compiler with their __atomic builtins)"
#endif

#define RG_LOAD_RELAXED(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define RG_STORE_RELAXED(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define RG_LOAD_ACQUIRE(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define RG_STORE_RELEASE(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define RG_FENCE_RELEASE() __atomic_thread_fence(__ATOMIC_RELEASE)

/* One polite turn of a spin loop. */
#if defined(__x86_64__) || defined(__i386__)
#define RG_SPIN_HINT() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define RG_SPIN_HINT() __asm__ __volatile__("isb" ::: "memory")
#else
#define RG_SPIN_HINT() __asm__ __volatile__("" ::: "memory")
#endif

/* Branches that a healthy system takes, or does not take. */
#define RG_LIKELY(x) __builtin_expect(!!(x), 1)
#define RG_UNLIKELY(x) __builtin_expect(!!(x), 0)

#endif /* RISKGATE_ATOMIC_H */
