#include "cli/commands/fetch.h"

#include <ostream>

#include "core/base/text.h"
#include "core/resource/object.h"
#include "core/snapshot/wire.h"

namespace limpet::cli {
namespace {

constexpr uint32_t kPageSize = 500;  // objects in an answer, so that no answer is very large

int fetch_kinds(const Session& session, Management& server, const Selection& selection,
                const std::vector<const KindInfo*>& kinds, Fetched& fetched) {
  for (const KindInfo* kind : kinds) {
    v1::ListRequest request;
    request.set_kind(std::string(kind->kind));
    request.set_label_selector(selection.labels);
    request.set_limit(kPageSize);
    if (kind->namespaced && !selection.all_namespaces) request.set_namespace_(selection.ns);
    do {
      auto response = server.list(request);
      if (!response.ok()) return session.fail(response.status());
      for (v1::Resource& resource : *response->mutable_resources()) {
        fetched.resources.push_back(std::move(resource));
      }
      request.set_page_token(response->next_page_token());
    } while (!request.page_token().empty());
  }
  return kOk;
}

int fetch_keys(const Session& session, Management& server, const std::vector<EntryKey>& keys,
               Fetched& fetched) {
  int code = kOk;
  for (const EntryKey& key : keys) {
    v1::GetRequest request;
    *request.mutable_key() = to_proto(key);
    auto response = server.get(request);
    if (response.ok()) {
      fetched.resources.push_back(std::move(*response->mutable_resource()));
    } else if (absl::IsNotFound(response.status())) {
      code = session.fail(kNotFound, to_string(key) + ": not found");
    } else {
      return session.fail(response.status());
    }
  }
  return code;
}

}  // namespace

void add_selection_flags(CLI::App& verb, Selection& selection) {
  verb.add_option("resource", selection.words, "KIND[,KIND...] [NAME...], KIND/NAME..., or all");
  verb.add_option("-n,--namespace", selection.ns, "Namespace of the objects")
      ->capture_default_str();
  verb.add_flag("-A,--all-namespaces", selection.all_namespaces, "Objects of all namespaces");
  verb.add_option("-l,--selector", selection.labels,
                  "Objects with these labels: team=shop,tier in (web, api),!legacy");
}

int fetch(const Session& session, const Selection& selection, Fetched& fetched) {
  const absl::StatusOr<ResourceArgs> args = parse_resource_args(selection.words, selection.ns);
  if (!args.ok()) return session.fail(kUsage, std::string(args.status().message()));
  if (!args->keys.empty() && selection.all_namespaces) {
    return session.fail(kUsage, "an object cannot be got by its name from all namespaces; use -n");
  }
  if (!args->keys.empty() && !selection.labels.empty()) {
    return session.fail(kUsage, "an object is got by its name or by its labels, not by both");
  }
  fetched.one_by_name = args->keys.size() == 1;
  const std::unique_ptr<Management> server = session.connect();
  return args->keys.empty() ? fetch_kinds(session, *server, selection, args->kinds, fetched)
                            : fetch_keys(session, *server, args->keys, fetched);
}

}  // namespace limpet::cli
