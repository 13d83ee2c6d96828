#include "runtime/admin_server.h"

#include <chrono>
#include <set>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include "core/base/text.h"
#include "runtime/admin_connection.h"
#include "runtime/http_limits.h"

namespace limpet {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using boost::system::error_code;

// Kept alive by what is being accepted, so that AdminServer may go first.
class AdminServer::Impl : public std::enable_shared_from_this<Impl> {
 public:
  explicit Impl(asio::io_context& io) : acceptor_(io), retry_(io) {}

  absl::Status listen(const HostPort& address, std::string_view flag);
  void accept();
  void stop();
  AdminSite& site() { return *site_; }
  uint16_t port() const { return port_; }

 private:
  using ConnectionPtr = std::shared_ptr<AdminConnection>;

  size_t max_connections() const {
    return site_->door == nullptr ? kMaxAdminConnections : kMaxDoorConnections;
  }
  void ended(const ConnectionPtr& connection);

  tcp::acceptor acceptor_;
  asio::steady_timer retry_;
  uint16_t port_ = 0;
  bool accepting_ = false;
  const std::shared_ptr<AdminSite> site_ = std::make_shared<AdminSite>();
  std::set<ConnectionPtr> connections_;
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
  if (!error) acceptor_.listen(static_cast<int>(kMaxAdminConnections), error);
  if (error) return failed(error);
  port_ = acceptor_.local_endpoint().port();
  site_->on_end = [weak = weak_from_this()](const ConnectionPtr& connection) {
    if (const std::shared_ptr<Impl> self = weak.lock()) self->ended(connection);
  };
  return absl::OkStatus();
}

void AdminServer::Impl::accept() {
  if (accepting_ || !acceptor_.is_open() || connections_.size() >= max_connections()) return;
  accepting_ = true;
  acceptor_.async_accept([self = shared_from_this()](error_code error, tcp::socket socket) {
    self->accepting_ = false;
    if (!self->acceptor_.is_open()) return;
    if (!error) {
      auto connection = std::make_shared<AdminConnection>(self->site_, std::move(socket));
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
  for (const auto& connection : std::exchange(connections_, {})) connection->close();
}

void AdminServer::Impl::ended(const ConnectionPtr& connection) {
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
  impl_->site().handlers[std::move(path)] = std::move(handler);
}

void AdminServer::open_door(std::string prefix, HttpDoor& door, TlsContext* tls) {
  impl_->site().door_prefix = std::move(prefix);
  impl_->site().door = &door;
  impl_->site().tls = tls;
}

uint16_t AdminServer::port() const { return impl_->port(); }

void AdminServer::stop() { impl_->stop(); }

}  // namespace limpet
