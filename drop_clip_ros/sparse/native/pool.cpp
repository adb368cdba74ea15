#include "pool.h"

#include <algorithm>
#include <chrono>
#include <utility>
#if defined(__linux__)
#include <pthread.h>
#include <sched.h>
#endif

namespace sparse {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto PATIENCE = std::chrono::microseconds(60);  // the loops of one network follow each other faster
constexpr int MOST_THREADS = 1024;

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

Pool::Pool(int threads)
    : threads_(std::min(threads, MOST_THREADS)), process_(getpid()), crew_(std::make_unique<Crew>(threads_)) {}

Pool::~Pool() {
    if (process_ != getpid()) crew_.release();
}

// Where all cores are busy, a thread that is woken stays on the core of who wakes it, and comes to work when the caller
// has done all of it. So the workers may run on every core but the caller's.
void Pool::Crew::keep_off_callers_core() {
#if defined(__linux__)
    const int core = sched_getcpu();
    if (core < 0 || core == callers_core) return;
    callers_core = core;
    cpu_set_t allowed;
    if (pthread_getaffinity_np(pthread_self(), sizeof allowed, &allowed) != 0 || CPU_COUNT(&allowed) < 2) return;
    CPU_CLR(core, &allowed);
    for (auto& worker : workers) pthread_setaffinity_np(worker.native_handle(), sizeof allowed, &allowed);
#endif
}

void Pool::each(int64_t count, const std::function<void(int64_t, int)>& task) {
    if (threads_ > 1 && count > 1) {
        if (process_ != getpid()) {
            crew_.release();
            crew_ = std::make_unique<Crew>(threads_);
            process_ = getpid();
        }
        crew_->each(count, task);
    } else {
        for (int64_t index = 0; index < count; ++index) task(index, 0);
    }
}

Pool::Crew::Crew(int threads) {
    try {
        workers.reserve(size_t(std::max(0, threads - 1)));
        for (int thread = 1; thread < threads; ++thread) workers.emplace_back([this, thread] { work(thread); });
    } catch (const std::exception&) {  // no more threads to be had
    }
}

Pool::Crew::~Crew() {
    {
        std::lock_guard<std::mutex> lock(mutex);
        stop = true;
        ++round;
    }
    wake.notify_all();
    for (auto& worker : workers) worker.join();
}

void Pool::Crew::take(int thread) {
    try {
        for (int64_t index = next++; index < count; index = next++) (*task)(index, thread);
    } catch (...) {  // out of a thread it would end the process
        std::lock_guard<std::mutex> lock(mutex);
        failure = std::current_exception();
        next = count;
    }
}

void Pool::Crew::each(int64_t wanted_count, const std::function<void(int64_t, int)>& wanted_task) {
    keep_off_callers_core();
    {
        std::lock_guard<std::mutex> lock(mutex);
        count = wanted_count;
        task = &wanted_task;
        next = 0;
        open = true;
        ++round;
    }
    wake.notify_all();
    take(0);
    {
        std::lock_guard<std::mutex> lock(mutex);
        open = false;  // who has not woken up by now is not waited for: on a busy machine that may take long
    }
    while (!soon([this] { return inside == 0; })) std::this_thread::yield();
    if (failure) std::rethrow_exception(std::exchange(failure, nullptr));
}

void Pool::Crew::work(int thread) {
    uint64_t seen = 0;
    while (true) {
        const bool called = soon([&] { return round != seen; });
        {
            std::unique_lock<std::mutex> lock(mutex);
            if (!called) wake.wait(lock, [&] { return round != seen; });
            seen = round;
            if (stop) return;
            if (!open) continue;
            ++inside;
        }
        take(thread);
        --inside;
    }
}

}  // namespace sparse
