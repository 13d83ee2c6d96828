// The API's Apply: what a client sent, up to the dry run of what nodes would make of it.
#include "core/routing/compile.h"
#include "server/apply.h"
#include "server/delta_chunks.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/snapshots.h"
#include "tests/unit/server/builders.h"

namespace limpet::fuzz {
namespace {

Snapshot first() { return testing::web_snapshot(8000, {"10.0.0.1", "10.0.0.2"}, 8080).build(); }

v1::Resource resource(const std::string& text) { return testing::from_text<v1::Resource>(text); }

}  // namespace

std::vector<std::string> seeds() {
  const v1::Resource route = resource(
      "http_route { api_version: 'gateway.networking.k8s.io/v1' kind: 'HTTPRoute' "
      "metadata { name: 'web' namespace: 'shop' labels { key: 'a' value: 'b' } } "
      "spec { parent_refs { name: 'edge' } hostnames: '*.example.com' rules { "
      "matches { path { type: 'PathPrefix' value: '/a' } } "
      "backend_refs { name: 'web' port: 80 weight: 2 } } } }");
  const v1::Resource gateway = resource(
      "gateway { api_version: 'gateway.networking.k8s.io/v1' kind: 'Gateway' "
      "metadata { name: 'edge' namespace: 'shop' } spec { gateway_class_name: 'limpet' "
      "listeners { name: 'http' port: 8001 protocol: 'HTTP' hostname: 'a.example.com' } } }");
  v1::ApplyRequest mixed = apply_request({route, gateway});
  v1::EntryKey& gone = *mixed.add_deletes();
  gone.set_kind("Service");
  gone.set_namespace_("shop");
  gone.set_name("web");
  return {
      apply_request({service("one"), slice("one-1", "one", {"pod-0=10.0.0.3", "10.0.0.4"})})
          .SerializeAsString(),
      apply_request({slice("web-1", "web", {"10.0.0.2", "10.0.0.9"}, "shop")}).SerializeAsString(),
      mixed.SerializeAsString(),
  };
}

}  // namespace limpet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace limpet;
  static const Snapshot before = fuzz::first();
  static const SliceIndex index(before);
  static const CompileResult compiled = compile(before, nullptr);
  v1::ApplyRequest request;
  if (!request.ParseFromArray(data, static_cast<int>(size))) return 0;
  const Plan plan = plan_apply(before, index, request, test_context());
  if (!plan.violations.empty()) {
    fuzz::require(plan.batch.empty(), "a request is refused as a whole");
    return 0;
  }
  const Snapshot next =
      before.apply(delta_of(plan.batch), before.id().epoch, before.id().revision + 1);
  fuzz::require_digest(next);
  const CompileResult goes_on = compile(next, compiled.table.get());
  const CompileResult anew = compile(next, nullptr);
  fuzz::require(goes_on.errors.size() == anew.errors.size(), "the way to a state does not matter");
  for (const v1::ServerMessage& message : make_delta_chunks(before, next)) {
    fuzz::require(message.ByteSizeLong() <= kMaxChunkBytes, "messages have a limit");
  }
  return 0;
}
