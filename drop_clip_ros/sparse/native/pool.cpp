#include "pool.h"

#include <chrono>
#if defined(__linux__)
#include <pthread.h>
#include <sched.h>
#endif

namespace sparse {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto PATIENCE = std::chrono::microseconds(60);  // the loops of one network follow each other faster

inline void pause() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

template <class Condition>
bool soon(Condition condition) {
    const auto end = Clock::now() + PATIENCE;
    do {
        for (int i = 0; i < 64; ++i) {
            if (condition()) return true;
            pause();
        }
    } while (Clock::now() < end);
    return condition();
}

}  // namespace

Pool::Pool(int threads) {
    for (int thread = 1; thread < threads; ++thread) workers_.emplace_back([this, thread] { work(thread); });
}

Pool::~Pool() {
    {
        std::lock_guard<std::mutex> lock(mutex_);
        stop_ = true;
        ++round_;
    }
    wake_.notify_all();
    for (auto& worker : workers_) worker.join();
}

void Pool::take(int thread) {
    for (int64_t index = next_++; index < count_; index = next_++) (*task_)(index, thread);
}

// Where all cores are busy, a thread that is woken stays on the core of who wakes it, and comes to work when the caller
// has done all of it. So the workers may run on every core but the caller's.
void Pool::keep_off_callers_core() {
#if defined(__linux__)
    const int core = sched_getcpu();
    if (core < 0 || core == callers_core_) return;
    callers_core_ = core;
    cpu_set_t allowed;
    if (pthread_getaffinity_np(pthread_self(), sizeof allowed, &allowed) != 0 || CPU_COUNT(&allowed) < 2) return;
    CPU_CLR(core, &allowed);
    for (auto& worker : workers_) pthread_setaffinity_np(worker.native_handle(), sizeof allowed, &allowed);
#endif
}

void Pool::each(int64_t count, const std::function<void(int64_t, int)>& task) {
    if (workers_.empty() || count < 2) {
        for (int64_t index = 0; index < count; ++index) task(index, 0);
        return;
    }
    keep_off_callers_core();
    {
        std::lock_guard<std::mutex> lock(mutex_);
        count_ = count;
        task_ = &task;
        next_ = 0;
        open_ = true;
        ++round_;
    }
    wake_.notify_all();
    take(0);
    {
        std::lock_guard<std::mutex> lock(mutex_);
        open_ = false;  // who has not woken up by now is not waited for: on a busy machine that may take long
    }
    while (!soon([this] { return inside_ == 0; })) std::this_thread::yield();
}

void Pool::work(int thread) {
    uint64_t seen = 0;
    while (true) {
        const bool called = soon([&] { return round_ != seen; });
        {
            std::unique_lock<std::mutex> lock(mutex_);
            if (!called) wake_.wait(lock, [&] { return round_ != seen; });
            seen = round_;
            if (stop_) return;
            if (!open_) continue;
            ++inside_;
        }
        take(thread);
        --inside_;
    }
}

}  // namespace sparse
