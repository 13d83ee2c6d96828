#include "proxy/control/health_try.h"

#include <chrono>
#include <utility>

#include <absl/strings/ascii.h>
#include <boost/asio/ssl/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include "core/base/text.h"
#include "proxy/control/health_answer.h"

namespace limpet {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;

namespace {

constexpr size_t kMaxHead = 65'536;

// Says nothing about the endpoint.
bool is_own_fault(const boost::system::error_code& error) {
  namespace errc = boost::system::errc;
  return error == errc::too_many_files_open || error == errc::too_many_files_open_in_system ||
         error == errc::not_enough_memory || error == errc::no_buffer_space ||
         error == errc::address_not_available;
}

std::string text_of(const boost::system::error_code& error, int64_t timeout_ms) {
  if (error == beast::error::timeout) return str_cat("no answer within ", timeout_ms, " ms");
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated ||
      error == http::error::end_of_stream || error == http::error::partial_message) {
    return "closed before the answer was there";
  }
  std::string text = error.message();
  if (error.category() == asio::error::get_ssl_category()) return str_cat("TLS: ", text);
  static const auto& http_errors = make_error_code(http::error::end_of_stream).category();
  if (error.category() == http_errors) return str_cat("no HTTP answer: ", text);
  if (!text.empty()) text[0] = absl::ascii_tolower(static_cast<unsigned char>(text[0]));
  return text;
}

}  // namespace

HealthTry::HealthTry(asio::io_context& io, Question question, Done done)
    : question_(std::move(question)), done_(std::move(done)), tcp_(io), buffer_(kMaxHead) {}

void HealthTry::start() {
  // Of the whole try: the time is not set anew.
  tcp_.expires_after(std::chrono::milliseconds(question_.settings->timeout_ms));
  connect_next();
}

// Beast's way through several addresses would not tell why no socket could be opened.
void HealthTry::connect_next() {
  const SocketAddress& address = question_.addresses[next_address_++];
  Error ignored;
  tcp_.socket().close(ignored);
  tcp_.async_connect({asio::ip::make_address(address.ip()), address.port()},
                     [self = shared_from_this()](Error error) { self->on_connected(error); });
}

void HealthTry::cancel() {
  done_ = nullptr;
  tcp_.close();
}

void HealthTry::on_connected(Error error) {
  if (done_ == nullptr) return;
  const bool another = next_address_ < question_.addresses.size();
  if (error && another && error != beast::error::timeout) return connect_next();
  if (error) return fail(error);
  if (question_.tls == nullptr) return ask();
  tls_.emplace(tcp_, question_.tls->make_ssl().release());
  tls_->async_handshake(asio::ssl::stream_base::client,
                        [self = shared_from_this()](Error failed) {
                          failed ? self->fail(failed) : self->ask();
                        });
}

void HealthTry::ask() {
  const HealthSettings& settings = *question_.settings;
  if (done_ == nullptr) return;
  if (settings.path.empty()) return finish(Result::kPassed, {});
  std::string host = settings.host;
  if (host.empty()) {
    Error error;
    const tcp::endpoint peer = tcp_.socket().remote_endpoint(error);
    if (error) return fail(error);
    const std::string address = peer.address().to_string();
    host = str_cat(peer.address().is_v6() ? str_cat("[", address, "]") : address, ":", peer.port());
  }
  request_ = {http::verb::get, settings.path, 11};
  request_.set(http::field::host, host);
  request_.set(http::field::user_agent, question_.user_agent);
  request_.set(http::field::connection, "close");
  request_.set("limpet-node", question_.node_id);
  on_stream([this](auto& stream) {
    http::async_write(stream, request_, [self = shared_from_this()](Error error, size_t) {
      error ? self->fail(error) : self->read_head();
    });
  });
}

void HealthTry::read_head() {
  parser_.emplace();
  parser_->header_limit(kMaxHead);
  parser_->body_limit(boost::none);  // what counts of it is bounded by the room that it has
  on_stream([this](auto& stream) {
    http::async_read_header(
        stream, buffer_, *parser_,
        [self = shared_from_this()](Error error, size_t) { self->on_head(error); });
  });
}

void HealthTry::on_head(Error error) {
  if (error) return fail(error);
  if (done_ == nullptr) return;
  const unsigned status = parser_->get().result_int();
  // What comes before the answer (RFC 9110 §15.2); nobody has asked for an upgrade.
  if (status < 200) return read_head();
  if (!needs_body(*question_.settings) || parser_->is_done()) return judge();
  body_.resize(HealthSettings::kMaxBody);
  parser_->get().body() = {body_.data(), body_.size(), true};
  on_stream([this](auto& stream) {
    http::async_read(stream, buffer_, *parser_, [self = shared_from_this()](Error failed, size_t) {
      self->on_body(failed);
    });
  });
}

void HealthTry::on_body(Error error) {
  const bool full = error == http::error::need_buffer;
  // Of one that ends its connection without saying so within TLS, what came counts.
  if (error && !full && error != asio::ssl::error::stream_truncated) return fail(error);
  body_.resize(body_.size() - parser_->get().body().size);
  judge();
}

void HealthTry::judge() {
  const auto view = [](auto text) { return std::string_view(text.data(), text.size()); };
  HealthAnswer answer;
  answer.status = static_cast<int>(parser_->get().result_int());
  for (const auto& field : parser_->get()) {
    answer.headers.emplace_back(view(field.name_string()), view(field.value()));
  }
  answer.body = body_;
  if (matches_answer(*question_.settings, answer)) return finish(Result::kPassed, {});
  const bool told_apart = !question_.settings->matches.empty();
  finish(Result::kFailed,
         str_cat("status ", answer.status, told_apart ? ", which no match takes" : ""));
}

void HealthTry::fail(Error error) {
  if (is_own_fault(error)) return finish(Result::kNotMade, {});
  SSL* const ssl = tls_ ? tls_->native_handle() : nullptr;
  const bool verifies = ssl != nullptr && SSL_get_verify_mode(ssl) != SSL_VERIFY_NONE;
  const long verified = verifies ? SSL_get_verify_result(ssl) : X509_V_OK;
  if (error.category() == asio::error::get_ssl_category() && verified != X509_V_OK) {
    return finish(Result::kFailed,
                  str_cat("TLS: ", std::string_view(X509_verify_cert_error_string(verified))));
  }
  finish(Result::kFailed, text_of(error, question_.settings->timeout_ms));
}

void HealthTry::finish(Result result, std::string_view problem) {
  const Done done = std::exchange(done_, nullptr);
  if (done == nullptr) return;
  tcp_.close();
  done(result, problem);
}

}  // namespace limpet
