#include "runtime/admin_server.h"

#include <chrono>
#include <map>
#include <set>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include "core/base/text.h"

namespace limpet {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
using boost::system::error_code;

// Kept alive by the operations in flight, so that AdminServer may go first.
class AdminServer::Impl : public std::enable_shared_from_this<Impl> {
 public:
  explicit Impl(asio::io_context& io) : acceptor_(io), retry_(io) {}

  absl::Status listen(const HostPort& address, std::string_view flag);
  void accept();
  void stop();
  void add(std::string path, Handler handler) { handlers_[std::move(path)] = std::move(handler); }
  uint16_t port() const { return port_; }

 private:
  class Connection;

  AdminResponse respond(const http::request_header<>& request) const;
  void ended(const std::shared_ptr<Connection>& connection);

  tcp::acceptor acceptor_;
  asio::steady_timer retry_;
  uint16_t port_ = 0;
  bool accepting_ = false;
  std::map<std::string, Handler, std::less<>> handlers_;
  std::set<std::shared_ptr<Connection>> connections_;
};

class AdminServer::Impl::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<Impl> server, tcp::socket socket)
      : server_(std::move(server)), stream_(std::move(socket)), buffer_(kMaxHeadBytes) {
    parser_.header_limit(kMaxHeadBytes);
  }

  void start() {
    stream_.expires_after(std::chrono::seconds(kConnectionDeadlineSeconds));
    http::async_read_header(stream_, buffer_, parser_,
                            [self = shared_from_this()](error_code error, size_t) {
                              self->on_head(error);
                            });
  }

  void close() {
    error_code ignored;
    stream_.socket().close(ignored);
  }

 private:
  void on_head(error_code error) {
    if (error == http::error::header_limit || error == http::error::buffer_overflow) {
      return write({431, "text/plain; charset=utf-8", "request head too long\n"}, false);
    }
    if (error && error.category() == http::make_error_code(http::error::bad_method).category() &&
        error != http::error::end_of_stream && error != http::error::partial_message) {
      return write({400, "text/plain; charset=utf-8", "malformed request\n"}, false);
    }
    if (error) return finish();
    write(server_->respond(parser_.get()), parser_.get().method() == http::verb::head);
  }

  // A HEAD's answer has the length of the body that it leaves out.
  void write(AdminResponse answer, bool head_only) {
    response_.result(answer.status);
    response_.keep_alive(false);
    response_.set(http::field::content_type, answer.content_type);
    if (answer.status == 405) response_.set(http::field::allow, "GET, HEAD");
    response_.content_length(answer.body.size());
    if (!head_only) response_.body() = std::move(answer.body);
    http::async_write(stream_, response_, [self = shared_from_this()](error_code, size_t) {
      self->finish();
    });
  }

  void finish() {
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    close();
    server_->ended(shared_from_this());
  }

  std::shared_ptr<Impl> server_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  http::request_parser<http::empty_body> parser_;
  http::response<http::string_body> response_;
};

absl::Status AdminServer::Impl::listen(const HostPort& address, std::string_view flag) {
  const auto failed = [&](const error_code& error) {
    return absl::UnavailableError(str_cat("cannot listen on ", to_string(address), ": ",
                                               error.message(), "; choose another address with ",
                                               flag));
  };
  error_code error;
  tcp::resolver resolver(acceptor_.get_executor());
  const auto resolved = resolver.resolve(address.host, std::to_string(address.port),
                                         tcp::resolver::passive, error);
  if (error) return failed(error);
  const tcp::endpoint endpoint = resolved.begin()->endpoint();
  acceptor_.open(endpoint.protocol(), error);
  // A restart need not wait for connections of the last run to be forgotten.
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(static_cast<int>(kMaxConnections), error);
  if (error) return failed(error);
  port_ = acceptor_.local_endpoint().port();
  return absl::OkStatus();
}

void AdminServer::Impl::accept() {
  if (accepting_ || !acceptor_.is_open() || connections_.size() >= kMaxConnections) return;
  accepting_ = true;
  acceptor_.async_accept([self = shared_from_this()](error_code error, tcp::socket socket) {
    self->accepting_ = false;
    if (!self->acceptor_.is_open()) return;
    if (!error) {
      auto connection = std::make_shared<Connection>(self, std::move(socket));
      self->connections_.insert(connection);
      connection->start();
      return self->accept();
    }
    // Most likely out of file descriptors: a pause, rather than a loop at full speed.
    self->retry_.expires_after(std::chrono::milliseconds(100));
    self->retry_.async_wait([self](error_code cancelled) {
      if (!cancelled) self->accept();
    });
  });
}

void AdminServer::Impl::stop() {
  error_code ignored;
  acceptor_.close(ignored);
  retry_.cancel();
  // A connection keeps the server; the server lets go of it here, so that no circle is left when
  // the io_context never runs again.
  for (const auto& connection : std::exchange(connections_, {})) connection->close();
}

AdminResponse AdminServer::Impl::respond(const http::request_header<>& request) const {
  const std::string_view target(request.target().data(), request.target().size());
  const auto handler = handlers_.find(target.substr(0, target.find('?')));
  AdminResponse answer;
  if (handler == handlers_.end()) {
    answer.status = 404;
    answer.body = "not found\n";
  } else if (request.method() != http::verb::get && request.method() != http::verb::head) {
    answer.status = 405;
    answer.body = "only GET and HEAD\n";
  } else {
    answer = handler->second();
  }
  return answer;
}

void AdminServer::Impl::ended(const std::shared_ptr<Connection>& connection) {
  connections_.erase(connection);
  accept();
}

AdminServer::AdminServer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

AdminServer::~AdminServer() { stop(); }

absl::StatusOr<std::unique_ptr<AdminServer>> AdminServer::listen(asio::io_context& io,
                                                                 const HostPort& address,
                                                                 std::string_view flag) {
  auto impl = std::make_shared<Impl>(io);
  if (absl::Status listening = impl->listen(address, flag); !listening.ok()) return listening;
  impl->accept();
  return std::unique_ptr<AdminServer>(new AdminServer(std::move(impl)));
}

void AdminServer::handle(std::string path, Handler handler) {
  impl_->add(std::move(path), std::move(handler));
}

uint16_t AdminServer::port() const { return impl_->port(); }

void AdminServer::stop() { impl_->stop(); }

}  // namespace limpet
