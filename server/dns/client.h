// Who asks DNS.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <absl/status/statusor.h>
#include <boost/asio/io_context.hpp>

#include "runtime/host_port.h"
#include "server/dns/answer.h"

namespace limpet {

class DnsClient {
 public:
  using Done = std::function<void(DnsAnswer)>;

  virtual ~DnsClient() = default;
  // Calls `done` once, on the thread that runs the client, and possibly before this returns; or
  // never, when the client goes first.
  virtual void ask(const std::string& name, DnsFamily family, Done done) = 0;
};

// By c-ares, over UDP and, for what does not fit, TCP. `servers` have numeric addresses; without
// any, those of /etc/resolv.conf as it is now. To be used on the io_context's one thread, which
// never waits for an answer; the io_context must outlive it.
absl::StatusOr<std::unique_ptr<DnsClient>> make_dns_client(boost::asio::io_context& io,
                                                           const std::vector<HostPort>& servers);

}  // namespace limpet
