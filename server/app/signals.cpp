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
    : m_thread([this, call = std::move(onSignal)] {
          sigset_t set = watchedSignals();
          int signal = 0;
          while (!m_isEnding && sigwait(&set, &signal) == 0) {
              if (signal == SIGUSR1) continue;  // from outside, if it is not the end
              call();
              return;
          }
      }) {}

SignalWatch::~SignalWatch() {
    m_isEnding = true;
    pthread_kill(m_thread.native_handle(), SIGUSR1);
    m_thread.join();
}

}  // namespace app
