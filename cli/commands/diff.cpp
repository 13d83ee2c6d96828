// gwctl diff: what an apply would change, or what was changed between two revisions.
#include <ostream>

#include <absl/strings/escaping.h>

#include "cli/commands/manifest_input.h"
#include "cli/commands/object_diff.h"
#include "core/base/text.h"
#include "core/resource/object.h"
#include "core/resource/secret.h"
#include "core/snapshot/wire.h"

namespace limpet::cli {
namespace {

constexpr char kExamples[] =
    "  # What `gwctl apply -f` would change\n"
    "  gwctl diff -f examples/session-sticky/\n"
    "  # What was changed since revision 12, and between two revisions\n"
    "  gwctl diff --from 12\n"
    "  gwctl diff --from 12 --to 14\n"
    "\nExit code 0: no difference, 1: there is one, more than 1: an error.";

struct DiffOptions {
  std::vector<std::string> files;
  std::string default_namespace;
  uint64_t from = 0;
  uint64_t to = 0;
  bool has_from = false;
};

// Here 1 says that there is a difference.
int error_code(int code) { return code == kFailed ? static_cast<int>(kUnreachable) : code; }

// The object that is stored under the key of `wanted`; null when there is none.
absl::StatusOr<std::unique_ptr<v1::Resource>> stored(Management& server,
                                                     const v1::Resource& wanted) {
  v1::GetRequest request;
  *request.mutable_key() = to_proto(key_of(wanted));
  auto response = server.get(request);
  if (absl::IsNotFound(response.status())) return nullptr;
  if (!response.ok()) return response.status();
  return std::make_unique<v1::Resource>(std::move(*response->mutable_resource()));
}

// Whether an apply of this value alone would change what is stored, which only the server can tell.
absl::StatusOr<bool> is_changed(Management& server, const v1::Secret& stored,
                                const std::string& item, const std::string& base64) {
  v1::ApplyRequest request;
  v1::Secret& probe = *request.add_resources()->mutable_secret();
  probe = stored;
  clear_server_owned(probe);
  (*probe.mutable_data())[item] = base64;
  request.mutable_options()->set_validate_only(true);
  const auto response = server.apply(request);
  // Of a Secret that is immutable, or keys that do not belong together.
  if (absl::IsInvalidArgument(response.status())) return true;
  if (!response.ok()) return response.status();
  return response->results(0).outcome() != v1::ObjectResult::UNCHANGED;
}

// Values stay unseen: a mask that is not the stored side's says that an apply would change one.
absl::Status mask_manifest(Management& server, v1::Resource* before, v1::Secret& wanted) {
  if (wanted.type().empty()) wanted.set_type("Opaque");
  auto written = wanted.data();
  for (const auto& [item, text] : wanted.string_data()) {
    written[item] = text == kSecretMask ? text : absl::Base64Escape(text);
  }
  mask_values(wanted);
  if (before == nullptr || !before->has_secret()) return absl::OkStatus();
  const v1::Secret stored = before->secret();
  for (const auto& [item, value] : written) {
    if (value == kSecretMask || !stored.data().contains(item)) continue;
    const absl::StatusOr<bool> changed = is_changed(server, stored, item, value);
    if (!changed.ok()) return changed.status();
    if (!*changed) continue;
    (*before->mutable_secret()->mutable_data())[item] = std::string(kMaskBefore);
    (*wanted.mutable_data())[item] = std::string(kMaskAfter);
  }
  return absl::OkStatus();
}

int diff_manifest(const Session& session, const DiffOptions& options) {
  Manifest manifest;
  if (int code = load_manifest(session, options.files, options.default_namespace,
                               ManifestUse::kApply, manifest, "");
      code != kOk) {
    return code;
  }
  const std::unique_ptr<Management> server = session.connect();
  const DiffSides sides{"stored", "manifest", session.environment.color};
  int result = kOk;
  for (ManifestObject& object : manifest.objects) {
    clear_server_owned(*object_of(object.resource));
    const auto before = stored(*server, object.resource);
    if (!before.ok()) return error_code(session.fail(before.status()));
    if (object.resource.has_secret()) {
      const absl::Status masked =
          mask_manifest(*server, before->get(), *object.resource.mutable_secret());
      if (!masked.ok()) return error_code(session.fail(masked));
    }
    const std::string text = object_diff(before->get(), &object.resource, sides);
    if (!text.empty()) result = kFailed;
    session.out() << text;
  }
  return result;
}

int diff_revisions(const Session& session, const DiffOptions& options) {
  v1::DiffRequest request;
  request.set_from(options.from);
  request.set_to(options.to);
  const auto response = session.connect()->diff(request);
  if (!response.ok()) return error_code(session.fail(response.status()));
  const DiffSides sides{str_cat("revision ", response->from()),
                        str_cat("revision ", response->to()), session.environment.color};
  // A change may be of what the server alone writes: then there is nothing to show.
  int result = kOk;
  for (const v1::DiffResponse::Change& change : response->changes()) {
    const std::string text = object_diff(change.has_before() ? &change.before() : nullptr,
                                         change.has_after() ? &change.after() : nullptr, sides);
    if (!text.empty()) result = kFailed;
    session.out() << text;
  }
  return result;
}

int run_diff(const Session& session, const DiffOptions& options) {
  if (options.files.empty() != options.has_from) {
    return session.fail(kUsage, "diff takes either -f FILE or --from REVISION");
  }
  return options.has_from ? diff_revisions(session, options) : diff_manifest(session, options);
}

}  // namespace

void add_diff(CLI::App& app, Session& session) {
  const auto options = std::make_shared<DiffOptions>();
  CLI::App* verb =
      add_verb(app, session, "diff", "Show what an apply would change, or how two revisions differ",
               kExamples, options, run_diff);
  add_file_flag(*verb, options->files);
  verb->add_option("-n,--namespace", options->default_namespace,
                   "Namespace of objects that name none");
  CLI::Option* from = verb->add_option_function<uint64_t>(
      "--from",
      [options = options.get()](uint64_t revision) {
        options->from = revision;
        options->has_from = true;
      },
      "Revision to compare with");
  verb->add_option("--to", options->to, "Revision to compare (default: the newest)")->needs(from);
}

}  // namespace limpet::cli
