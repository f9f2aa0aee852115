#include "base/quiet_thread.h"

#include <csignal>
#include <utility>

namespace exporter {
namespace {

// All signals are held back from this thread while this lives.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

std::thread StartQuietThread(std::function<void()> run) {
  // A thread inherits the mask of the one that starts it, so there is no moment
  // in which a signal could reach it.
  const SignalsBlocked blocked;
  return std::thread(std::move(run));
}

}  // namespace exporter
