#include "app/signals.h"

#include <pthread.h>
#include <signal.h>

namespace app {
namespace {

/// SIGUSR1 only wakes the thread so that it ends.
sigset_t watchedSignals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGUSR1);
    return set;
}

}  // namespace

void blockSignals() {
    sigset_t set = watchedSignals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &ignore, nullptr);
}

SignalWatch::SignalWatch(std::function<void()> onSignal)
    : m_thread([call = std::move(onSignal)] {
          sigset_t set = watchedSignals();
          int signal = 0;
          if (sigwait(&set, &signal) == 0 && signal != SIGUSR1) call();
      }) {}

SignalWatch::~SignalWatch() {
    pthread_kill(m_thread.native_handle(), SIGUSR1);
    m_thread.join();
}

}  // namespace app
