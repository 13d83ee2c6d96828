// One connection of AdminServer: requests are read and answered, one after the other.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "runtime/http_door.h"
#include "runtime/tls_context.h"

namespace limpet {

class AdminConnection;

// What the connections of one server share.
struct AdminSite {
  std::map<std::string, std::function<AdminResponse()>, std::less<>> handlers;
  std::string door_prefix;
  HttpDoor* door = nullptr;   // null: none; the rest is the door's
  TlsContext* tls = nullptr;  // null: plain text alone
  size_t requests = 0;
  size_t streams = 0;
  // Called once by each connection, at its end.
  std::function<void(const std::shared_ptr<AdminConnection>&)> on_end;
};

class AdminConnection final : public HttpReply,
                              public std::enable_shared_from_this<AdminConnection> {
 public:
  AdminConnection(std::shared_ptr<AdminSite> site, boost::asio::ip::tcp::socket socket);
  ~AdminConnection() override;

  void start();
  // At once; on_end is not called.
  void close();

  void answer(AdminResponse answer) override;
  bool claim_stream() override;
  void begin(std::string_view content_type, std::function<void(bool)> taken) override;
  void send(std::string bytes) override;
  void end() override { finish(); }

 private:
  using Error = boost::system::error_code;
  enum class Claim { kNone, kRequest, kStream };

  // The operation, on TLS or on the socket itself.
  template <typename Operation>
  void on_stream(Operation operation) {
    tls_ ? operation(*tls_) : operation(tcp_);
  }

  void on_detected(Error error, bool tls);
  void read_head();
  void on_head(Error error);
  void refuse_head(Error error);
  void go_to_door();
  void read_body();
  void claim(Claim next);
  bool for_door(std::string_view target) const;
  AdminResponse respond() const;

  // A HEAD's answer has the length of the body that it leaves out.
  enum class After { kNextRequest, kClose, kLinger };
  void write(AdminResponse answer, After after);
  void written(Error error);
  // Until the other side has closed: what it sends is thrown away, so that no reset overtakes the
  // answer.
  void linger();
  void watch_end();
  void finish();
  void shut();

  const std::shared_ptr<AdminSite> site_;
  boost::beast::tcp_stream tcp_;
  std::shared_ptr<boost::asio::ssl::context> context_;  // while tls_
  std::optional<boost::asio::ssl::stream<boost::beast::tcp_stream&>> tls_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  boost::beast::http::response<boost::beast::http::string_body> response_;
  std::string peer_;
  std::string chain_;
  HttpHead head_;
  Claim claim_ = Claim::kNone;
  After after_ = After::kClose;
  size_t lingered_ = 0;
  bool ended_ = false;
  bool peer_gone_ = false;
  // Of a stream:
  std::string outgoing_;
  std::function<void(bool)> taken_;
  bool watching_ = false;
  char ignored_[64] = {};
};

}  // namespace limpet
