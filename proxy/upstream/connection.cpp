#include "proxy/upstream/connection.h"

#include <cerrno>

#include <spdlog/spdlog.h>

namespace limpet {

bool is_unreachable(int error) {
  return error == ECONNREFUSED || error == ENETUNREACH || error == EHOSTUNREACH ||
         error == ENETDOWN || error == EHOSTDOWN;
}

IoStatus UpstreamConnection::establish() {
  if (stream_.tls() == nullptr) {
    if (!stream_.writable()) return IoStatus::kWouldBlock;
    error_ = stream_.connect_error();
    if (error_ != 0) return IoStatus::kError;
    if (tls_ != nullptr) stream_.begin_tls(tls_->connect(stream_.fd()));
  }
  const IoStatus status = stream_.handshake();
  established_ = status == IoStatus::kOk;
  if (established_ || status == IoStatus::kWouldBlock) return status;
  spdlog::debug("{}: no TLS: {}", address_.to_string(), stream_.tls()->error());
  error_ = EPROTO;
  return IoStatus::kError;
}

}  // namespace limpet
