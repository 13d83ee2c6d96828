// Requests of a program's HTTP address that take longer than a handler of AdminServer may, and may
// be answered with a stream.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>

namespace limpet {

struct AdminResponse {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers = {};  // further ones
};

// What of a request's head matters. A header that is absent is empty; of one that occurs several
// times this is the first.
struct HttpHead {
  std::string method;  // "GET"
  std::string target;  // as it came: "/v1/services?limit=2"
  std::string host;
  std::string authorization;
  std::string content_type;
  std::string last_event_id;
  bool from_page = false;  // a browser sent it for a page: there is an Origin
  // Of the connection:
  std::string peer;  // "ipv4:127.0.0.1:41234"
  bool tls = false;
  std::string certificate_chain;  // PEM, the client's own first; not verified; empty: none
};

HttpHead head_of(const boost::beast::http::request_header<>& request);

// How one request is answered: by answer(), or by claim_stream(), begin(), then send() as often as
// wanted, and end(). On the io_context's thread. May be kept longer than the connection lives;
// whatever is said to one that is gone is lost.
class HttpReply {
 public:
  virtual ~HttpReply() = default;

  virtual void answer(AdminResponse answer) = 0;

  // False: too many streams are open; answer() with that.
  virtual bool claim_stream() = 0;
  // `taken` is called with true when the other side has taken what was sent, and once with false
  // when it is gone, or has not taken it in time.
  virtual void begin(std::string_view content_type, std::function<void(bool)> taken) = 0;
  // Requires: what was sent before was taken.
  virtual void send(std::string bytes) = 0;
  virtual void end() = 0;
};

// Called on the io_context's thread, which must not be kept waiting.
class HttpDoor {
 public:
  virtual ~HttpDoor() = default;

  // By the head alone, before a body is read: the answer, if it is to be refused.
  virtual std::optional<AdminResponse> refuse(const HttpHead& head) = 0;
  virtual void serve(HttpHead head, std::string body, std::shared_ptr<HttpReply> reply) = 0;
  // For what is no request, or one beyond a limit: an answer in the door's own form.
  virtual AdminResponse error(unsigned status, std::string_view message) = 0;
};

}  // namespace limpet
