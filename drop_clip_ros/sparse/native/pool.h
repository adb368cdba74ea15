// A few threads that share loops. They sleep between loops after a short wait, so that they never hold a core that
// somebody else wants.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <unistd.h>

namespace sparse {

class Pool {
public:
    // With fewer threads where the system gives no more.
    explicit Pool(int threads);
    ~Pool();

    // Call task(index, thread) for every index below count; returns when all are done. What a task throws ends the loop
    // and is thrown here.
    void each(int64_t count, const std::function<void(int64_t, int)>& task);

private:
    // The threads and what they share. Apart, since a forked child, which has none of the threads, can neither join
    // them nor destroy what they wait for: it leaves the crew alone and makes its own.
    struct Crew {
        explicit Crew(int threads);
        ~Crew();
        void each(int64_t count, const std::function<void(int64_t, int)>& task);
        void work(int thread);
        void take(int thread);
        void keep_off_callers_core();

        std::vector<std::thread> workers;
        int callers_core = -1;
        std::mutex mutex;  // of open, count, task and failure, and of joining a loop
        std::condition_variable wake;
        std::atomic<uint64_t> round{0};
        std::atomic<int> inside{0};
        std::atomic<int64_t> next{0};
        bool open = false, stop = false;
        int64_t count = 0;
        const std::function<void(int64_t, int)>* task = nullptr;
        std::exception_ptr failure;
    };

    int threads_;
    pid_t process_;
    std::unique_ptr<Crew> crew_;
};

}  // namespace sparse
