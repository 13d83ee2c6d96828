#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/commands/session.h"
#include "cli/manifest/manifest.h"

namespace limpet::cli {

// -f, as often as wanted.
CLI::Option* add_file_flag(CLI::App& verb, std::vector<std::string>& files);

// What follows from a problem, for its last line: verbs that change nothing anyway say nothing.
inline constexpr char kNothingChanged[] = "; nothing was changed";

// Reads what the -f flags name. Whatever is wrong is told on stderr; kOk if nothing is.
int load_manifest(const Session& session, const std::vector<std::string>& files,
                  const std::string& default_namespace, ManifestUse use, Manifest& manifest,
                  std::string_view consequence = kNothingChanged);

// As load_manifest(), the objects alone; none where there are no files. For verbs that change
// nothing.
int load_objects(const Session& session, const std::vector<std::string>& files,
                 const std::string& default_namespace, std::vector<v1::Resource>& objects);

// The server's refusal of `manifest.objects`, sent as resources[0], resources[1] ...: told like a
// problem found here, at its file and line.
int report_refusal(const Session& session, const absl::Status& status, const Manifest& manifest);

}  // namespace limpet::cli
