// A client's connection: reads heads, runs one exchange after the other, answers what cannot be
// forwarded, and ends the connection in the way that the client can read all it was sent.
//
//   proxy header -> handshake -> idle       (of ports whose trusted peers send one; of HTTPS ports)
//   idle -> head -> exchange -> idle        (keep-alive)
//                     |-> reply -> linger   (an answer of our own that closes)
//                     '-> tunnel            (a connection that leaves HTTP)
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <boost/intrusive/list.hpp>

#include "core/base/socket_address.h"
#include "proxy/exchange.h"
#include "proxy/http/head.h"
#include "proxy/net/buffer.h"
#include "proxy/net/proxy_protocol.h"
#include "proxy/net/reactor.h"
#include "proxy/net/stream.h"

namespace limpet {

class Worker;
struct WorkerPort;

// Owned by its worker, which it asks to be ended.
class Session final : public EventHandler,
                      public boost::intrusive::list_base_hook<> {
 public:
  Session(Worker& worker, Fd fd, const SocketAddress& peer, const WorkerPort& port);
  ~Session() override;

  // Reads at once: the request has often come with the connection. May end the session.
  void start() { run(); }
  // A call with 0, too, goes on as far as it can without waiting.
  void on_events(uint32_t events) override;
  void on_timer() override;
  // Counts the connection as one of its client's address; later, if a PROXY header is to tell that.
  // False: it has too many.
  bool enter_address();
  // Acts when the deadline has passed.
  void check_deadline(int64_t now_ms);
  // Its port or the node stops: ends now if idle, else after the running exchange.
  void drain();

  int fd() const { return client_.fd(); }
  const WorkerPort& port() const { return port_; }

 private:
  enum class Phase {
    kProxyHeader,
    kHandshake,
    kIdle,
    kHead,
    kBehind,  // for a table
    kExchange,
    kTunnel,
    kReply,
    kLinger,
    kClosed
  };
  // Whether run() has more to do at once.
  enum class Next { kGoOn, kWait };

  // No request of it has begun.
  bool is_idle() const {
    return phase_ == Phase::kIdle || phase_ == Phase::kProxyHeader || phase_ == Phase::kHandshake;
  }
  void run();
  void wait();
  void watch();
  Next read_proxy_header();
  Next take_proxy_header(const ProxyHeader& header);
  void begin();
  Next handshake();
  Next read_head();
  void skip_empty_line();
  Next take_head(size_t size);
  Next begin_exchange(const http::RequestHead& head, bool waited);
  Next wait_for_table();
  Next begin_again();
  Next after_exchange(Exchange::Status status);
  Next after_failure();
  void take_deadline();
  Next begin_tunnel();
  Next after_tunnel(Tunnel::Status status);
  Next go_idle();
  Next reply(http::Failure failure, bool close, bool to_head,
             const http::Variation& variation = {});
  Next flush_reply();
  Next begin_linger();
  Next linger();
  Next abort();
  void close();
  void leave();

  Worker& worker_;
  Stream client_;
  SocketAddress peer_;  // as a PROXY header tells, if one is to be there
  std::string ip_;      // peer_'s
  bool entered_ = true;  // counted as one of the node's connections
  bool address_entered_ = false;
  const WorkerPort& port_;
  Phase phase_ = Phase::kIdle;
  int64_t deadline_ms_ = 0;
  std::unique_ptr<Buffer> in_;  // null while idle without pipelined bytes
  std::unique_ptr<TokenMemo> token_;  // null when it has long been idle
  http::HeadScanner scanner_;
  bool empty_line_skipped_ = false;
  bool watched_ = false;  // the reactor tells of events
  uint32_t requests_ = 0;
  size_t head_size_ = 0;  // at the front of in_, until the exchange has begun
  std::unique_ptr<Exchange> exchange_;
  std::unique_ptr<Tunnel> tunnel_;

  std::string reply_;
  size_t reply_sent_ = 0;
  bool close_after_reply_ = false;
  size_t lingered_bytes_ = 0;
};

}  // namespace limpet
