#include "server/door_grpc.h"

#include <utility>

#include <boost/asio/post.hpp>

#include "core/base/text.h"
#include "runtime/host_port.h"
#include "server/door/answer.h"
#include "server/door/apply_body.h"
#include "server/door_watch_grpc.h"

namespace limpet {

namespace asio = boost::asio;

DoorError error_of(const grpc::Status& status) {
  // The codes are the same numbers.
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  return error_of(absl::Status(code, status.error_message()), status.error_details());
}

Door::Door(asio::io_context& io, Access& access, std::shared_ptr<grpc::Channel> channel,
           PlainText plain_text)
    : io_(io),
      access_(access),
      channel_(std::move(channel)),
      stub_(v1::Management::NewStub(channel_)),
      plain_text_(plain_text) {}

Door::~Door() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return calls_ == 0; });
}

absl::Status Door::check_connection(const HttpHead& head) const {
  if (head.from_page) return absl::PermissionDeniedError("no pages of browsers are served");
  if (head.tls || plain_text_ == PlainText::kTrusted) return absl::OkStatus();
  if (plain_text_ == PlainText::kRefused) {
    return absl::PermissionDeniedError(
        "not in plain text; use https (the server needs --tls-identity), or start the server with "
        "--insecure where the network itself is trusted");
  }
  if (head.host.empty() || is_loopback(host_of(head.host))) return absl::OkStatus();
  return absl::PermissionDeniedError(
      "plain text is for this machine alone, under the name localhost or its loopback address");
}

std::optional<AdminResponse> Door::refuse(const HttpHead& head) {
  const CallOrError read = read_call(head);
  const DoorCall* call = std::get_if<DoorCall>(&read);
  const std::string_view method = call == nullptr ? "HTTP" : name_of(*call);
  if (const absl::Status fit = check_connection(head); !fit.ok()) {
    return answer_of(error_of(access_.refuse(head.peer, method, fit), ""));
  }
  const absl::Status known =
      access_.identify({head.certificate_chain, head.authorization}, head.peer, method);
  if (!known.ok()) return answer_of(error_of(known, ""));
  if (call == nullptr) return answer_of(std::get<DoorError>(read));
  return std::nullopt;
}

AdminResponse Door::error(unsigned status, std::string_view message) {
  const auto code = status == 503   ? absl::StatusCode::kUnavailable
                    : status == 413 ? absl::StatusCode::kResourceExhausted
                                    : absl::StatusCode::kInvalidArgument;
  return answer_of(
      DoorError{.http_status = status, .status = absl::Status(code, absl_view(message))});
}

void Door::serve(HttpHead head, std::string body, std::shared_ptr<HttpReply> reply) {
  CallOrError read = read_call(head);
  if (const DoorError* wrong = std::get_if<DoorError>(&read)) {
    return reply->answer(answer_of(*wrong));
  }
  call(std::get<DoorCall>(std::move(read)), head, std::move(body), reply);
}

template <typename Request, typename Response>
struct Door::Unary {
  grpc::ClientContext context;
  Request request;
  Response response;
};

template <typename Response, typename Request, typename Start>
void Door::start(Request request, const HttpHead& head, std::shared_ptr<HttpReply> reply,
                 Start start) {
  auto call = std::make_shared<Unary<Request, Response>>();
  call->request = std::move(request);
  call->context.set_deadline(std::chrono::system_clock::now() + kCallDeadline);
  access_.authorize(call->context, {head.certificate_chain, head.authorization}, head.peer);
  begin_call();
  start(&call->context, &call->request, &call->response,
        [this, call, reply = std::move(reply)](const grpc::Status& status) {
          answer(reply, status.ok() ? answer_of(call->response) : answer_of(error_of(status)));
          end_call();
        });
}

void Door::call(DoorCall call, const HttpHead& head, std::string body,
                const std::shared_ptr<HttpReply>& reply) {
  if (std::holds_alternative<ApplyCall>(call)) return apply(head, std::move(body), reply);
  auto* api = stub_->async();
  if (auto* get = std::get_if<v1::GetRequest>(&call)) {
    return start<v1::GetResponse>(std::move(*get), head, reply, [api](auto... call_parts) {
      api->Get(std::move(call_parts)...);
    });
  }
  if (auto* list = std::get_if<v1::ListRequest>(&call)) {
    return start<v1::ListResponse>(std::move(*list), head, reply, [api](auto... call_parts) {
      api->List(std::move(call_parts)...);
    });
  }
  if (auto* remove = std::get_if<v1::DeleteRequest>(&call)) {
    return start<v1::DeleteResponse>(std::move(*remove), head, reply, [api](auto... call_parts) {
      api->Delete(std::move(call_parts)...);
    });
  }
  if (!reply->claim_stream()) return reply->answer(error(503, "too many streams are open"));
  auto watch = std::make_shared<Watch>(*this, std::get<v1::WatchRequest>(std::move(call)), reply);
  access_.authorize(watch->context(), {head.certificate_chain, head.authorization}, head.peer);
  begin_call();
  {
    const std::lock_guard lock(mutex_);
    watches_.insert(watch);
  }
  watch->start(*stub_);
}

void Door::apply(const HttpHead& head, std::string body, const std::shared_ptr<HttpReply>& reply) {
  begin_call();  // until the job is done
  const bool accepted = reader_.post([this, head, body = std::move(body), reply] {
    v1::ApplyRequest request;
    if (const std::optional<DoorError> wrong = read_apply(body, request)) {
      answer(reply, answer_of(*wrong));
    } else {
      start<v1::ApplyResponse>(std::move(request), head, reply, [this](auto... call_parts) {
        stub_->async()->Apply(std::move(call_parts)...);
      });
    }
    end_call();
  });
  if (accepted) return;
  end_call();
  reply->answer(error(503, "too many requests are waiting"));
}

void Door::answer(const std::shared_ptr<HttpReply>& reply, AdminResponse answer) {
  asio::post(io_,
             [reply, answer = std::move(answer)]() mutable { reply->answer(std::move(answer)); });
}

void Door::begin_call() {
  const std::lock_guard lock(mutex_);
  ++calls_;
}

void Door::end_call() {
  const std::lock_guard lock(mutex_);
  if (--calls_ == 0) idle_.notify_all();
}

void Door::stop() {
  std::set<std::shared_ptr<Watch>> watches;
  {
    const std::lock_guard lock(mutex_);
    watches = watches_;
  }
  for (const std::shared_ptr<Watch>& watch : watches) watch->abandon();
}

}  // namespace limpet
