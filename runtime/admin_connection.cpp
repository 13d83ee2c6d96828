#include "runtime/admin_connection.h"

#include <utility>

#include <boost/asio/write.hpp>
#include <boost/beast/core/detect_ssl.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include "core/base/text.h"
#include "runtime/http_limits.h"

namespace limpet {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;

namespace {

// As gRPC writes it.
std::string peer_of(const tcp::socket& socket) {
  boost::system::error_code error;
  const tcp::endpoint endpoint = socket.remote_endpoint(error);
  if (error) return "unknown";
  const std::string address = endpoint.address().to_string();
  return endpoint.address().is_v4() ? str_cat("ipv4:", address, ":", endpoint.port())
                                    : str_cat("ipv6:[", address, "]:", endpoint.port());
}

}  // namespace

HttpHead head_of(const http::request_header<>& request) {
  const auto text = [&](auto name) {
    const auto value = request[name];
    return std::string(value.data(), value.size());
  };
  HttpHead head;
  head.method = std::string(request.method_string().data(), request.method_string().size());
  head.target = std::string(request.target().data(), request.target().size());
  head.host = text(http::field::host);
  head.authorization = text(http::field::authorization);
  head.content_type = text(http::field::content_type);
  head.last_event_id = text("Last-Event-ID");
  head.from_page = request.count(http::field::origin) > 0;
  return head;
}

AdminConnection::AdminConnection(std::shared_ptr<AdminSite> site, tcp::socket socket)
    : site_(std::move(site)), tcp_(std::move(socket)), buffer_(kHttpBufferBytes) {
  peer_ = peer_of(tcp_.socket());
  Error ignored;
  tcp_.socket().set_option(tcp::no_delay(true), ignored);
}

AdminConnection::~AdminConnection() { claim(Claim::kNone); }

void AdminConnection::start() {
  tcp_.expires_after(kHttpHeadDeadline);
  if (site_->tls == nullptr) return read_head();
  beast::async_detect_ssl(tcp_, buffer_, [self = shared_from_this()](Error error, bool tls) {
    self->on_detected(error, tls);
  });
}

void AdminConnection::on_detected(Error error, bool tls) {
  if (error) return finish();
  if (!tls) return read_head();
  context_ = site_->tls->get();
  tls_.emplace(tcp_, *context_);
  tls_->async_handshake(asio::ssl::stream_base::server, buffer_.data(),
                        [self = shared_from_this()](Error failed, size_t used) {
                          self->peer_gone_ = failed.failed();
                          if (failed) return self->finish();
                          self->buffer_.consume(used);
                          self->chain_ = peer_chain(self->tls_->native_handle());
                          self->read_head();
                        });
}

void AdminConnection::read_head() {
  parser_.emplace();
  parser_->header_limit(kMaxHttpHeadBytes);
  parser_->body_limit(kMaxHttpBodyBytes);
  on_stream([this](auto& stream) {
    http::async_read_header(
        stream, buffer_, *parser_,
        [self = shared_from_this()](Error error, size_t) { self->on_head(error); });
  });
}

void AdminConnection::on_head(Error error) {
  if (error) return refuse_head(error);
  const http::request_header<>& request = parser_->get();
  const std::string_view target(request.target().data(), request.target().size());
  if (for_door(target)) return go_to_door();
  write(respond(), After::kClose);
}

void AdminConnection::refuse_head(Error error) {
  const auto refuse = [this](unsigned status, std::string_view message) {
    const http::request_header<>& request = parser_->get();
    const bool door = for_door({request.target().data(), request.target().size()});
    AdminResponse answer{.status = status, .body = str_cat(message, "\n")};
    write(door ? site_->door->error(status, message) : std::move(answer), After::kLinger);
  };
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return refuse(431, "request head too long");
  }
  if (error == http::error::body_limit) return refuse(413, "request body too long");
  if (error.category() == http::make_error_code(http::error::bad_method).category() &&
      error != http::error::end_of_stream && error != http::error::partial_message) {
    return refuse(400, "malformed request");
  }
  finish();
}

bool AdminConnection::for_door(std::string_view target) const {
  return site_->door != nullptr && target.starts_with(site_->door_prefix);
}

AdminResponse AdminConnection::respond() const {
  const http::request_header<>& request = parser_->get();
  const std::string_view target(request.target().data(), request.target().size());
  const auto handler = site_->handlers.find(target.substr(0, target.find('?')));
  if (handler == site_->handlers.end()) return {.status = 404, .body = "not found\n"};
  if (request.method() != http::verb::get && request.method() != http::verb::head) {
    return {.status = 405, .body = "only GET and HEAD\n", .headers = {{"Allow", "GET, HEAD"}}};
  }
  return handler->second();
}

void AdminConnection::go_to_door() {
  head_ = head_of(parser_->get());
  head_.peer = peer_;
  head_.tls = tls_.has_value();
  head_.certificate_chain = chain_;
  // What is not read now would be taken for the next request. Whoever is refused does not keep a
  // connection, which /healthz may need.
  const After after = parser_->is_done() ? After::kClose : After::kLinger;
  if (std::optional<AdminResponse> refused = site_->door->refuse(head_)) {
    return write(*std::move(refused), after);
  }
  if (!parser_->is_done() && parser_->get().method() != http::verb::post) {
    return write(site_->door->error(400, "only POST takes a body"), after);
  }
  if (site_->requests >= kMaxDoorRequests) {
    return write(site_->door->error(503, "too many requests are being answered"), after);
  }
  claim(Claim::kRequest);
  const bool waits = beast::iequals(parser_->get()[http::field::expect], "100-continue");
  if (!waits || parser_->is_done()) return read_body();
  outgoing_ = "HTTP/1.1 100 Continue\r\n\r\n";
  on_stream([this](auto& stream) {
    asio::async_write(stream, asio::buffer(outgoing_),
                      [self = shared_from_this()](Error error, size_t) {
                        error ? self->finish() : self->read_body();
                      });
  });
}

void AdminConnection::read_body() {
  tcp_.expires_after(kHttpBodyDeadline);
  on_stream([this](auto& stream) {
    http::async_read(stream, buffer_, *parser_, [self = shared_from_this()](Error error, size_t) {
      if (error) return self->refuse_head(error);
      self->tcp_.expires_never();  // the door answers in its own time
      self->site_->door->serve(self->head_, std::move(self->parser_->get().body()), self);
    });
  });
}

void AdminConnection::claim(Claim next) {
  const auto count = [this](Claim which) -> size_t* {
    if (which == Claim::kNone) return nullptr;
    return which == Claim::kRequest ? &site_->requests : &site_->streams;
  };
  if (size_t* before = count(claim_)) --*before;
  if (size_t* after = count(next)) ++*after;
  claim_ = next;
}

void AdminConnection::answer(AdminResponse answer) {
  if (ended_) return;
  // However slowly a small one is read. Large ones are held in memory, and stay few.
  if (answer.body.size() <= kHttpBufferBytes) claim(Claim::kNone);
  write(std::move(answer), After::kNextRequest);
}

void AdminConnection::write(AdminResponse answer, After after) {
  const http::request_header<>& request = parser_->get();
  const bool stays = after == After::kNextRequest && parser_->is_done() && parser_->keep_alive();
  after_ = after == After::kNextRequest && !stays ? After::kClose : after;
  response_ = {};
  response_.result(answer.status);
  response_.keep_alive(stays);
  response_.set(http::field::content_type, answer.content_type);
  for (const auto& [name, value] : answer.headers) response_.set(name, value);
  response_.content_length(answer.body.size());
  if (request.method() != http::verb::head) response_.body() = std::move(answer.body);
  tcp_.expires_after(kHttpWriteDeadline);
  on_stream([this](auto& stream) {
    http::async_write(stream, response_,
                      [self = shared_from_this()](Error error, size_t) { self->written(error); });
  });
}

void AdminConnection::written(Error error) {
  claim(Claim::kNone);
  if (error || after_ == After::kClose) return finish();
  if (after_ == After::kNextRequest) {
    tcp_.expires_after(kHttpIdleDeadline);
    return read_head();
  }
  Error ignored;
  tcp_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  tls_.reset();
  tcp_.expires_after(kHttpLingerDeadline);
  linger();
}

void AdminConnection::linger() {
  buffer_.clear();
  tcp_.async_read_some(buffer_.prepare(kHttpBufferBytes),
                       [self = shared_from_this()](Error error, size_t size) {
                         self->lingered_ += size;
                         if (error || self->lingered_ > kMaxHttpLingerBytes) return self->finish();
                         self->linger();
                       });
}

bool AdminConnection::claim_stream() {
  if (site_->streams >= kMaxDoorStreams) return false;
  claim(Claim::kStream);
  return true;
}

void AdminConnection::begin(std::string_view content_type, std::function<void(bool)> taken) {
  if (ended_) return taken(false);
  taken_ = std::move(taken);
  watch_end();
  send(str_cat("HTTP/1.1 200 OK\r\nContent-Type: ", content_type,
               "\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"));
}

void AdminConnection::send(std::string bytes) {
  if (ended_) return;
  outgoing_ = std::move(bytes);
  tcp_.expires_after(kHttpWriteDeadline);  // of the write alone: the read is under way
  on_stream([this](auto& stream) {
    asio::async_write(stream, asio::buffer(outgoing_),
                      [self = shared_from_this()](Error error, size_t) {
                        if (error) return self->finish();
                        // A copy: the call may end this connection, and with it what is called.
                        if (const auto taken = self->taken_) taken(true);
                      });
  });
}

// The other side has nothing to say any more, but its end is to be seen.
void AdminConnection::watch_end() {
  watching_ = true;
  tcp_.expires_never();
  on_stream([this](auto& stream) {
    stream.async_read_some(asio::buffer(ignored_),
                           [self = shared_from_this()](Error error, size_t) {
                             self->watching_ = false;
                             if (self->ended_) return self->shut();
                             if (!error) return self->watch_end();
                             self->peer_gone_ = true;
                             self->finish();
                           });
  });
}

void AdminConnection::finish() {
  if (std::exchange(ended_, true)) return;
  claim(Claim::kNone);
  if (const auto taken = std::exchange(taken_, nullptr)) taken(false);
  if (!watching_) return shut();
  tcp_.cancel();  // and the read's end goes on
}

// Requires: nothing is being read or, unless the other side is gone, written.
void AdminConnection::shut() {
  const auto closed = [self = shared_from_this()](Error) {
    Error ignored;
    self->tcp_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    self->close();
    self->site_->on_end(self);
  };
  if (!tls_ || peer_gone_ || !tcp_.socket().is_open()) return closed(Error());
  tcp_.expires_after(kHttpLingerDeadline);
  tls_->async_shutdown(closed);
}

void AdminConnection::close() {
  ended_ = true;
  taken_ = nullptr;
  Error ignored;
  tcp_.socket().close(ignored);
}

}  // namespace limpet
