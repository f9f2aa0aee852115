// Flags, signals, exit status; no logic.

#include <sys/resource.h>

#include <csignal>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>

#include "cloud.h"
#include "front.h"
#include "options.h"
#include "state.h"

namespace simulator {
namespace {

int Fault(const exporter::Error& error) {
  std::cerr << "modelarts_simulator: " << error.message << "\n";
  return 1;
}

// Run waits for these; nothing else may take them.
sigset_t BlockSignals() {
  sigset_t blocked;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigaddset(&blocked, SIGINT);
  sigprocmask(SIG_BLOCK, &blocked, nullptr);
  // TLS writes to sockets without MSG_NOSIGNAL.
  std::signal(SIGPIPE, SIG_IGN);
  return blocked;
}

// Thousands of connections need more than the usual 1024.
void RaiseDescriptorLimit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int Run(const Options& options) {
  const sigset_t ends = BlockSignals();
  RaiseDescriptorLimit();
  std::shared_ptr<SSL_CTX> tls;
  if (!options.tls_cert.empty()) {
    auto made = MakeTlsContext(options.tls_cert, options.tls_key,
                               options.tls_client_ca);
    if (!made) return Fault(made.error());
    tls = std::move(*made);
  }

  ServerClock clock(options.clock_offset);
  Inventory inventory;
  inventory.Generate(options.generated, clock.Now());
  for (const std::string& file : options.answers) {
    const auto loaded = inventory.LoadAnswers(file, clock.Now());
    if (!loaded) return Fault(loaded.error());
  }
  State state{.options = options, .clock = clock, .inventory = inventory};
  for (const std::string& rule : options.faults) {
    const auto set = state.faults.Set(rule);
    if (!set) return Fault(exporter::While("--fault", set.error()));
  }
  for (const AccessKey& key : options.access_keys) {
    state.keys.Add(key, std::nullopt);
  }
  for (const std::string& token : options.tokens) state.tokens.Accept(token);

  Cloud cloud(state);
  const auto address = ParseAddress(options.listen);
  if (!address) return Fault(address.error());
  exporter::Server server = MakeServer(cloud, clock, *address, tls);
  const auto bound = server.Start();
  if (!bound) return Fault(bound.error());
  std::cout << "listening on " << (tls ? "https://" : "http://")
            << bound->front() << std::endl;
  int signal = 0;
  sigwait(&ends, &signal);
  return 0;
}

}  // namespace
}  // namespace simulator

int main(int argc, char** argv) {
  const auto parsed = simulator::ParseCommandLine(argc, argv);
  if (const int* status = std::get_if<int>(&parsed)) return *status;
  try {
    return simulator::Run(std::get<simulator::Options>(parsed));
  } catch (const std::system_error& lacking) {
    std::cerr << "modelarts_simulator: " << lacking.what() << "\n";
    return 1;
  }
}
