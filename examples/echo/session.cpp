#include "examples/echo/session.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

#include "examples/echo/answer.h"

namespace limpet::echo {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::use_awaitable;

using Parser = http::request_parser<http::buffer_body>;
using Response = http::response<http::buffer_body>;
using Serializer = http::response_serializer<http::buffer_body>;

constexpr uint32_t kMaxHeadBytes = 64 * 1024;
constexpr size_t kPieceBytes = 64 * 1024;
constexpr size_t kMaxMessageBytes = 16 * 1024 * 1024;  // of a WebSocket
constexpr std::chrono::minutes kIdle{10};

bool is_malformed(beast::error_code error) {
  const beast::error_code end = http::error::end_of_stream;
  return error.category() == end.category() && error != end &&
         error != http::error::partial_message;
}

// Whether an answer of this status ends with its head (RFC 9110 sections 15.3.5 and 15.4.5).
bool has_no_body(unsigned status) { return status == 204 || status == 304; }

class Session {
 public:
  Session(asio::ip::tcp::socket socket, const Options& options)
      : stream_(std::move(socket)), options_(options), piece_(kPieceBytes) {}

  asio::awaitable<void> run() {
    bool keep = true;
    while (keep) {
      stream_.expires_after(kIdle);
      Parser parser;
      parser.header_limit(kMaxHeadBytes);
      parser.body_limit(boost::none);
      beast::error_code error;
      co_await http::async_read_header(stream_, buffer_, parser,
                                       asio::redirect_error(use_awaitable, error));
      if (error) {
        // What is no HTTP is told so; a connection that ended needs no answer.
        if (is_malformed(error)) co_await refuse();
        break;
      }
      if (websocket::is_upgrade(parser.get())) {
        co_await echo_messages(parser.get());
        co_return;
      }
      keep = co_await exchange(parser);
    }
    beast::error_code ignored;
    stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  }

 private:
  // One request and its answer; whether the connection goes on.
  asio::awaitable<bool> exchange(Parser& parser) {
    const Answer answer = answer_for(options_, parser.get());
    if (answer.kind == Answer::Kind::kClose) co_return false;
    if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
      http::response<http::empty_body> go_on(http::status::continue_, parser.get().version());
      co_await http::async_write(stream_, go_on, use_awaitable);
    }
    if (answer.kind != Answer::Kind::kEcho) co_await discard(parser);
    if (answer.delay.count() > 0) {
      asio::steady_timer timer(stream_.get_executor(), answer.delay);
      co_await timer.async_wait(use_awaitable);
    }
    Response response = head_of(answer, parser);
    Serializer serializer(response);
    if (parser.get().method() == http::verb::head || has_no_body(answer.status)) {
      co_await http::async_write_header(stream_, serializer, use_awaitable);
    } else if (answer.kind == Answer::Kind::kEcho) {
      co_await send_back(parser, response, serializer);
    } else {
      co_await send_body(answer, response, serializer);
    }
    co_return response.keep_alive() && !response.need_eof();
  }

  Response head_of(const Answer& answer, const Parser& parser) const {
    Response response(static_cast<http::status>(answer.status), parser.get().version());
    response.set("x-endpoint", options_.name);
    response.set(http::field::content_type, answer.content_type);
    response.keep_alive(parser.get().keep_alive());
    const bool echo = answer.kind == Answer::Kind::kEcho;
    const auto length = echo ? parser.content_length() : boost::optional<uint64_t>(answer.size);
    if (has_no_body(answer.status)) {
      return response;
    }
    if (length && !answer.chunked) {
      response.content_length(length);
    } else if (echo && !parser.chunked()) {
      response.content_length(0);  // neither length nor chunks: the request has no body
    } else if (response.version() >= 11) {
      response.chunked(true);
    } else {
      response.keep_alive(false);  // HTTP/1.0 knows no chunks: the end of the connection ends it
    }
    response.body().data = nullptr;
    response.body().more = true;
    return response;
  }

  asio::awaitable<size_t> read_piece(Parser& parser) {
    stream_.expires_after(kIdle);
    parser.get().body().data = piece_.data();
    parser.get().body().size = piece_.size();
    beast::error_code error;
    // "Some": what has arrived goes on at once, also when the piece is not full.
    co_await http::async_read_some(stream_, buffer_, parser,
                                   asio::redirect_error(use_awaitable, error));
    if (error && error != http::error::need_buffer) throw beast::system_error(error);
    co_return piece_.size() - parser.get().body().size;
  }

  asio::awaitable<void> discard(Parser& parser) {
    while (!parser.is_done()) co_await read_piece(parser);
  }

  asio::awaitable<void> write_piece(Response& response, Serializer& serializer, size_t size,
                                    bool more) {
    stream_.expires_after(kIdle);
    response.body().data = size > 0 ? piece_.data() : nullptr;
    response.body().size = size;
    response.body().more = more;
    beast::error_code error;
    co_await http::async_write(stream_, serializer, asio::redirect_error(use_awaitable, error));
    if (error && error != http::error::need_buffer) throw beast::system_error(error);
  }

  asio::awaitable<void> send_back(Parser& parser, Response& response, Serializer& serializer) {
    co_await http::async_write_header(stream_, serializer, use_awaitable);
    while (!parser.is_done()) {
      const size_t size = co_await read_piece(parser);
      if (size > 0) co_await write_piece(response, serializer, size, true);
    }
    co_await write_piece(response, serializer, 0, false);
  }

  asio::awaitable<void> send_body(const Answer& answer, Response& response,
                                  Serializer& serializer) {
    uint64_t sent = 0;
    do {
      const auto size = static_cast<size_t>(std::min<uint64_t>(answer.size - sent, kPieceBytes));
      if (size > 0) fill(answer.pattern, sent, piece_.data(), size);
      sent += size;
      co_await write_piece(response, serializer, size, sent < answer.size);
    } while (sent < answer.size);
  }

  asio::awaitable<void> refuse() {
    http::response<http::string_body> response(http::status::bad_request, 11, "bad request\n");
    response.set("x-endpoint", options_.name);
    response.keep_alive(false);
    response.prepare_payload();
    co_await http::async_write(stream_, response, use_awaitable);
  }

  asio::awaitable<void> echo_messages(const http::request<http::buffer_body>& request) {
    stream_.expires_never();  // the WebSocket stream has timeouts of its own
    websocket::stream<beast::tcp_stream> peer(std::move(stream_));
    peer.set_option(websocket::stream_base::timeout::suggested(beast::role_type::server));
    peer.set_option(websocket::stream_base::decorator(
        [this](websocket::response_type& response) { response.set("x-endpoint", options_.name); }));
    peer.read_message_max(kMaxMessageBytes);
    co_await peer.async_accept(request, use_awaitable);
    for (;;) {
      beast::flat_buffer message;
      co_await peer.async_read(message, use_awaitable);
      peer.text(peer.got_text());
      co_await peer.async_write(message.data(), use_awaitable);
    }
  }

  beast::tcp_stream stream_;
  const Options& options_;
  beast::flat_buffer buffer_{kMaxHeadBytes + kPieceBytes};
  std::vector<char> piece_;
};

}  // namespace

asio::awaitable<void> serve(asio::ip::tcp::socket socket, const Options& options) {
  try {
    Session session(std::move(socket), options);
    co_await session.run();
  } catch (const boost::system::system_error&) {
    // The peer went away in the middle: its own affair.
  }
}

}  // namespace limpet::echo
