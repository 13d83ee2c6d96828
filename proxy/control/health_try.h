// One try of an endpoint: a connection, over TLS where the cluster speaks it, and, where a path is
// asked for, a GET. Whatever comes of it within the settings' time counts, and nothing later.
//
// Threading: all on the io_context's one thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>

#include "core/base/socket_address.h"
#include "core/routing/health_settings.h"
#include "proxy/tls/client.h"

namespace limpet {

class HealthTry : public std::enable_shared_from_this<HealthTry> {
 public:
  struct Question {
    std::vector<SocketAddress> addresses;  // the first that takes the connection is asked
    std::shared_ptr<const HealthSettings> settings;
    std::shared_ptr<const tls::Client> tls;  // null: plain text
    std::string user_agent;
    std::string node_id;
  };
  enum class Result {
    kPassed,
    kFailed,
    kNotMade,  // for want of something of this node's own, such as descriptors
  };
  // `problem` is that of kFailed: "status 503", "connection refused".
  using Done = std::function<void(Result, std::string_view problem)>;

  HealthTry(boost::asio::io_context& io, Question question, Done done);

  // `done` is called once, and not before this returns.
  void start();
  // `done` is not called any more.
  void cancel();

 private:
  using Error = boost::system::error_code;
  using Parser = boost::beast::http::response_parser<boost::beast::http::buffer_body>;

  // The operation, on TLS or on the socket itself.
  template <typename Operation>
  void on_stream(Operation operation) {
    tls_ ? operation(*tls_) : operation(tcp_);
  }

  void connect_next();
  void on_connected(Error error);
  void ask();
  void read_head();
  void on_head(Error error);
  void on_body(Error error);
  void judge();
  void fail(Error error);
  void finish(Result result, std::string_view problem);

  const Question question_;
  Done done_;  // null once it is over
  size_t next_address_ = 0;
  boost::beast::tcp_stream tcp_;
  std::optional<boost::asio::ssl::stream<boost::beast::tcp_stream&>> tls_;
  boost::beast::http::request<boost::beast::http::empty_body> request_;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::string body_;  // room for as much of it as counts
};

}  // namespace limpet
