// A few threads that share loops. They sleep between loops after a short wait, so that they never hold a core that
// somebody else wants.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sparse {

class Pool {
public:
    explicit Pool(int threads);
    ~Pool();
    int threads() const { return int(workers_.size()) + 1; }

    // Call task(index, thread) for every index below count; returns when all are done.
    void each(int64_t count, const std::function<void(int64_t, int)>& task);

private:
    void work(int thread);
    void take(int thread);
    void keep_off_callers_core();

    std::vector<std::thread> workers_;
    int callers_core_ = -1;
    std::mutex mutex_;  // of open_, count_ and task_, and of joining a loop
    std::condition_variable wake_;
    std::atomic<uint64_t> round_{0};
    std::atomic<int> inside_{0};
    std::atomic<int64_t> next_{0};
    bool open_ = false, stop_ = false;
    int64_t count_ = 0;
    const std::function<void(int64_t, int)>* task_ = nullptr;
};

}  // namespace sparse
