// The exchange and the filters of its rule and backend: what they answer themselves, and what they
// change of the request and of the response.
#include "proxy/exchange.h"
#include "proxy/http/cors.h"
#include "proxy/http/redirect.h"
#include "proxy/worker.h"

namespace limpet {

using http::Failure;

namespace {

const HeaderChanges* changes_of(const RouteFilters* filters, HeaderChanges RouteFilters::*which) {
  if (filters == nullptr || (filters->*which).empty()) return nullptr;
  return &(filters->*which);
}

}  // namespace

// Nothing, where the request goes on to a backend. Filters are not skipped: where one cannot be
// applied, the request does not pass. A redirect is an answer of the gateway's own, and the rule's
// changes of response headers are for those of backends.
std::optional<Failure> Exchange::answer_by_filter(const http::RequestHead& head) {
  const RouteFilters* filters = rule_->filters.get();
  if (filters == nullptr) return std::nullopt;
  if (filters->broken) return Failure::kBrokenFilter;
  if (!filters->redirect) return std::nullopt;
  variation_.status = filters->redirect->status;
  variation_.fields += "location: ";
  variation_.fields += http::redirect_location(*filters->redirect, head, client_.https(),
                                               client_.port.number);
  variation_.fields += "\r\n";
  return Failure::kRedirect;
}

// Nothing, where the request goes on to the backend that was chosen.
std::optional<Failure> Exchange::answer_by_backend_filter(const http::RequestHead& head) {
  const RouteFilters* filters = pick_.backend_filters();
  if (filters != nullptr && filters->broken) return Failure::kBrokenFilter;
  // The rule's word holds for all its backends: a preflight knows none yet.
  return cors_ != nullptr ? std::nullopt : apply_cors(filters, head);
}

// What pages of other origins are told stands on every answer from here on, whoever makes it: so
// they can see what a failure was. A browser's question is answered here, and goes to no backend.
std::optional<Failure> Exchange::apply_cors(const RouteFilters* filters,
                                            const http::RequestHead& head) {
  if (filters == nullptr || !filters->cors || filters->broken) return std::nullopt;
  const CorsFilter& cors = *filters->cors;
  const std::string_view origin = http::origin_of(head);
  cors_ = &cors;
  http::append_cors(cors, head, variation_.fields);
  origin_allowed_ = !origin.empty() && cors.allows(origin);
  if (!http::is_preflight(head)) return std::nullopt;
  if (!origin_allowed_) return Failure::kOriginRefused;
  http::append_preflight(cors, head, variation_.fields);
  return Failure::kPreflight;
}

// Once somebody is found to serve the request, which nothing has gone out of yet: what there is of
// it lies in the buffer as it will be sent. What leaves HTTP is no one's to copy.
void Exchange::begin_mirrors() {
  if (!offered_protocols_.empty()) return;
  for (const RouteFilters* filters : {rule_->filters.get(), pick_.backend_filters()}) {
    if (filters == nullptr) continue;
    for (const RequestMirror& mirror : filters->mirrors) {
      if (worker_.random() % mirror.denominator >= mirror.numerator) continue;
      const RoutingCluster* cluster = table_->find(mirror.cluster);
      if (cluster == nullptr || !cluster->speaks_http1 || cluster->tls_broken) continue;
      auto copy = worker_.mirrors().begin(
          *cluster,
          {client_.in->bytes().substr(0, request_ready_), request_body_.complete(), to_head_,
           client_.port.settings->timeouts.connect_ms, response_head_limit_ms()});
      if (copy != nullptr) mirrors_.push_back(std::move(copy));
    }
  }
}

void Exchange::feed_mirrors(std::string_view bytes) {
  const bool last = request_body_.complete();
  std::erase_if(mirrors_, [&](const std::shared_ptr<Mirror>& mirror) {
    mirror->feed(bytes, last);
    return last || mirror->is_over();
  });
}

// Of the rule first, then of the backend.
http::FieldChanges Exchange::changes(HeaderChanges RouteFilters::*which) const {
  return {changes_of(rule_->filters.get(), which),
          changes_of(pick_.backend_filters(), which)};
}

// What the endpoint is asked for in place of what the client asked. The backend's word counts more
// than the rule's. `path` holds the new path.
void Exchange::rewrite_url(const http::RequestHead& head, http::RequestRewrite& rewrite,
                           std::string& path) const {
  for (const RouteFilters* filters : {rule_->filters.get(), pick_.backend_filters()}) {
    if (filters == nullptr || !filters->rewrite) continue;
    if (!filters->rewrite->hostname.empty()) rewrite.host = filters->rewrite->hostname;
    // "*" is no path (RFC 9110 §9.3.7).
    if (filters->rewrite->path.type == PathChange::Type::kNone || head.path_query == "*") continue;
    path.clear();
    filters->rewrite->path.apply(head.path, path);
  }
  rewrite.path = path;
}

}  // namespace limpet
