// The node's end of the stream over gRPC: connects, tries the next address when one fails, and
// passes messages between gRPC's threads and the control thread.
//
// Threading: all on the control thread; the callbacks are called there.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "limpet/v1/discovery.pb.h"
#include "runtime/host_port.h"
#include "runtime/tls.h"

namespace limpet {

class SyncClient {
 public:
  struct Callbacks {
    std::function<v1::NodeMessage()> hello;  // the first message of each stream
    std::function<void(const v1::ServerMessage&)> on_message;
    std::function<void()> on_lost;
  };

  SyncClient(boost::asio::io_context& io, std::vector<HostPort> servers, const TlsFiles& tls,
             Callbacks callbacks);
  ~SyncClient();

  void start();
  // Dropped while there is no stream: the next Hello says what matters.
  void send(v1::NodeMessage message);
  // Ends the stream, if there is one, and begins another after a pause.
  void restart(const std::string& why);
  // No more callbacks after it returns.
  void stop();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace limpet
