#pragma once
// SIGTERM and SIGINT as a call on a thread of its own.

#include <atomic>
#include <functional>
#include <thread>

namespace app {

/// To be called before any thread is started: from then on the two signals wait for a SignalWatch,
/// and a closed stdout is an error instead of a death.
void blockSignals();

/// Calls `onSignal` at the first signal, on its own thread; later signals do nothing.
class SignalWatch {
public:
    explicit SignalWatch(std::function<void()> onSignal);
    ~SignalWatch();
    SignalWatch(const SignalWatch&) = delete;
    SignalWatch& operator=(const SignalWatch&) = delete;

private:
    std::atomic<bool> m_isEnding = false;
    std::thread m_thread;  // last: it uses the flag
};

}  // namespace app
