#include "server/door/answer.h"

#include <algorithm>
#include <utility>

#include "core/base/text.h"
#include "core/resource/object.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "manifest/document.h"
#include "manifest/utf8.h"

namespace limpet {
namespace {

constexpr char kJson[] = "application/json";

DocumentNode number(uint64_t value) {
  return {DocumentNode::Type::kNumber, str_cat(value), {}, {}};
}

// JSON is UTF-8; what a client sent, and an error tells, or cuts off, need not be.
DocumentNode text(std::string_view message) {
  std::string result(message);
  if (!is_utf8(result)) {
    std::ranges::replace_if(
        result, [](char c) { return static_cast<unsigned char>(c) > 0x7F; }, '?');
  }
  return DocumentNode::string(std::move(result));
}

DocumentNode document_of(const DoorError& error) {
  DocumentNode details = DocumentNode::list();
  for (const Violation& violation : error.violations) {
    DocumentNode detail = DocumentNode::map();
    detail.entries.emplace_back("field", text(violation.field));
    detail.entries.emplace_back("description", text(violation.message));
    details.items.push_back(std::move(detail));
  }
  DocumentNode document = DocumentNode::map();
  const absl::StatusCode code = error.status.code();
  document.entries.emplace_back("code", number(static_cast<uint64_t>(code)));
  document.entries.emplace_back("status", DocumentNode::string(absl::StatusCodeToString(code)));
  document.entries.emplace_back("message", text(std_view(error.status.message())));
  document.entries.emplace_back("details", std::move(details));
  return document;
}

AdminResponse json(const DocumentNode& document) {
  return {.status = 200, .content_type = kJson, .body = to_json(document)};
}

void append_event(std::string& out, std::string_view type, const DocumentNode& data) {
  absl::StrAppend(&out, "event: ", absl_view(type), "\ndata: ", to_json_line(data), "\n\n");
}

}  // namespace

unsigned http_status_of(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return 200;
    case absl::StatusCode::kCancelled:
      return 499;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
      return 400;
    case absl::StatusCode::kUnauthenticated:
      return 401;
    case absl::StatusCode::kPermissionDenied:
      return 403;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kAborted:
      return 409;
    case absl::StatusCode::kOutOfRange:
      return 410;
    case absl::StatusCode::kResourceExhausted:
      return 429;
    case absl::StatusCode::kUnimplemented:
      return 501;
    case absl::StatusCode::kUnavailable:
      return 503;
    case absl::StatusCode::kDeadlineExceeded:
      return 504;
    default:
      return 500;
  }
}

AdminResponse answer_of(const DoorError& error) {
  AdminResponse answer = json(document_of(error));
  answer.status = error.http_status;
  if (error.http_status == 401) answer.headers.emplace_back("WWW-Authenticate", "Bearer");
  if (error.http_status == 405) answer.headers.emplace_back("Allow", error.allow);
  if (error.http_status == 429 || error.http_status == 503) {
    answer.headers.emplace_back("Retry-After", "1");
  }
  return answer;
}

DoorError error_of(const absl::Status& status, std::string_view details) {
  DoorError error{.http_status = http_status_of(status.code()), .status = status};
  google::rpc::Status parsed;
  if (!parsed.ParseFromArray(details.data(), static_cast<int>(details.size()))) return error;
  for (const google::protobuf::Any& detail : parsed.details()) {
    google::rpc::BadRequest bad_request;
    if (!detail.Is<google::rpc::BadRequest>() || !detail.UnpackTo(&bad_request)) continue;
    for (const auto& violation : bad_request.field_violations()) {
      error.violations.push_back({violation.field(), violation.description()});
    }
  }
  return error;
}

AdminResponse answer_of(const v1::ApplyResponse& response) {
  return json(to_document(response, Unset::kShow));
}

AdminResponse answer_of(const v1::DeleteResponse& response) {
  return json(to_document(response, Unset::kShow));
}

AdminResponse answer_of(const v1::GetResponse& response) {
  return json(to_document(*object_of(response.resource())));
}

AdminResponse answer_of(const v1::ListResponse& response) {
  DocumentNode metadata = DocumentNode::map();
  metadata.entries.emplace_back("resourceVersion",
                                DocumentNode::string(str_cat(response.state().revision())));
  if (!response.next_page_token().empty()) {
    metadata.entries.emplace_back("continue", DocumentNode::string(response.next_page_token()));
  }
  DocumentNode items = DocumentNode::list();
  for (const v1::Resource& resource : response.resources()) {
    items.items.push_back(to_document(*object_of(resource)));
  }
  DocumentNode list = DocumentNode::map();
  list.entries.emplace_back("apiVersion", DocumentNode::string("v1"));
  list.entries.emplace_back("kind", DocumentNode::string("List"));
  list.entries.emplace_back("metadata", std::move(metadata));
  list.entries.emplace_back("items", std::move(items));
  return json(list);
}

std::string events_of(const v1::WatchResponse& response) {
  std::string events;
  for (const v1::WatchResponse::Event& event : response.events()) {
    const bool deleted = event.type() == v1::WatchResponse::Event::DELETED;
    const google::protobuf::Message* object = object_of(event.resource());
    if (object != nullptr) {
      append_event(events, deleted ? "deleted" : "upserted", to_document(*object));
    }
  }
  if (response.bookmark() == 0) return events;
  // A client that is interrupted before this one is told the whole revision again.
  DocumentNode bookmark = DocumentNode::map();
  bookmark.entries.emplace_back("revision", number(response.bookmark()));
  absl::StrAppend(&events, "id: ", response.bookmark(), "\n");
  append_event(events, "bookmark", bookmark);
  return events;
}

std::string event_of(const DoorError& error) {
  std::string event;
  append_event(event, "failed", document_of(error));
  return event;
}

}  // namespace limpet
