// Manifests, as gwctl reads them from files that anybody wrote.
#include "cli/manifest/manifest.h"
#include "core/validate/validate.h"
#include "tests/fuzz/fuzz.h"

namespace limpet::fuzz {

std::vector<std::string> seeds() {
  return {
      "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n"
      "spec:\n  ports:\n  - {name: http, port: 80, targetPort: 8080}\n",
      "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata:\n  name: web\n"
      "  labels: &labels {app: web}\n  annotations: *labels\nspec:\n  parentRefs: [{name: edge}]\n"
      "  hostnames: ['*.example.com']\n  rules:\n  - matches:\n    - path: {type: PathPrefix, "
      "value: /a}\n    backendRefs:\n    - {name: web, port: 80, weight: 3}\n---\n# nothing\n---\n"
      "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: edge}\nspec:\n"
      "  gatewayClassName: limpet\n  listeners:\n  - {name: http, port: 8000, protocol: HTTP}\n",
      R"({"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Namespace",
          "metadata": {"name": "shop", "labels": {"a": "b"}}}]})",
      "kind: EndpointSlice\napiVersion: discovery.k8s.io/v1\nmetadata:\n  name: web-1\n  labels:\n"
      "    kubernetes.io/service-name: web\naddressType: IPv4\nports: [{port: 8080}]\n"
      "endpoints:\n- addresses: [10.0.0.1]\n  conditions: {ready: true}\n  targetRef: "
      "{kind: Pod, name: \"web-0\"}\n- addresses:\n  - >-\n    10.0.0.2\n",
  };
}

}  // namespace limpet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace limpet;
  const std::vector<cli::SourceFile> files{{"-", std::string(fuzz::text_of(data, size))}};
  for (const auto use : {cli::ManifestUse::kApply, cli::ManifestUse::kNames}) {
    const cli::Manifest manifest = cli::read_manifest(files, "default", use);
    for (const cli::Problem& problem : manifest.problems) {
      fuzz::require(!cli::to_string(problem).empty(), "a problem has words");
      fuzz::require(problem.mark.line >= 1, "a problem has a line");
    }
    if (use != cli::ManifestUse::kApply) continue;
    for (const cli::ManifestObject& object : manifest.objects) {
      fuzz::require(validate(object.resource).empty(), "what has no problem is well formed");
      std::string bytes;
      fuzz::require(object.resource.SerializeToString(&bytes), "an object can be sent");
      fuzz::require(v1::Resource().ParseFromString(bytes), "and be read where it comes to");
    }
  }
  return 0;
}
