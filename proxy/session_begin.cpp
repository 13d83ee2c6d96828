// How a client's connection begins, before its first head: the PROXY header of a trusted peer, and
// the TLS handshake.
#include <spdlog/spdlog.h>

#include "proxy/session.h"
#include "proxy/worker.h"

namespace limpet {

// Bytes of what comes now may be there.
void Session::begin() {
  const Timeouts& timeouts = port_.settings->timeouts;
  if (port_.tls == nullptr) {
    phase_ = Phase::kIdle;
    deadline_ms_ = worker_.reactor().now_ms() + timeouts.idle_ms;
    return;
  }
  client_.begin_tls(port_.tls->accept(client_.fd(), in_ ? in_->bytes() : std::string_view()));
  worker_.buffers().give_back(std::move(in_));
  phase_ = Phase::kHandshake;
  deadline_ms_ = worker_.reactor().now_ms() + timeouts.tls_handshake_ms;
}

// As read_head(). A peer that does not keep to the protocol is told nothing: whoever is behind it
// has sent no request yet.
Session::Next Session::read_proxy_header() {
  if (in_ == nullptr) {
    if (!client_.readable()) return Next::kWait;
    if (worker_.buffers_full()) {
      close();
      return Next::kWait;
    }
    in_ = worker_.buffers().lease(BufferPool::kSmall);
  }
  const ProxyHeader header = parse_proxy_header(in_->bytes());
  if (header.status == ProxyHeader::Status::kDone) return take_proxy_header(header);
  IoResult read{IoStatus::kEnd, 0};
  if (header.status == ProxyHeader::Status::kMore) {
    read = client_.read(in_->space(), in_->space_size());
  }
  if (read.status == IoStatus::kOk) {
    in_->commit(read.size);
    return Next::kGoOn;
  }
  if (read.status != IoStatus::kWouldBlock) {
    close();
  } else if (in_->empty()) {
    worker_.buffers().give_back(std::move(in_));
  }
  return Next::kWait;
}

Session::Next Session::take_proxy_header(const ProxyHeader& header) {
  in_->consume(header.size);
  if (header.source) {
    peer_ = *header.source;
    ip_ = peer_.ip();
  }
  begin();
  if (enter_address()) return Next::kGoOn;
  worker_.count_refused_session();
  close();
  return Next::kWait;
}

Session::Next Session::handshake() {
  switch (client_.handshake()) {
    case IoStatus::kOk: {
      const Timeouts& timeouts = port_.settings->timeouts;
      phase_ = Phase::kIdle;
      deadline_ms_ = worker_.reactor().now_ms() +
                     (port_.is_open() ? timeouts.idle_ms : timeouts.linger_ms);
      return Next::kGoOn;
    }
    case IoStatus::kWouldBlock: return Next::kWait;
    case IoStatus::kEnd:
    case IoStatus::kError: break;
  }
  worker_.count_failed_handshake();
  spdlog::debug("{}: no TLS on port {}: {}", ip_, port_.number, client_.tls()->error());
  const bool plain_http = client_.tls()->is_plain_http();
  client_.drop_tls();
  // OpenSSL's alert, which says why, is on its way: it must not be overtaken by a reset.
  if (!plain_http) return begin_linger();
  return reply(http::Failure::kPlainHttp, true, false);
}

}  // namespace limpet
