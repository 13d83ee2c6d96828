#pragma once

#include <string>
#include <vector>

#include "cli/commands/session.h"
#include "cli/manifest/manifest.h"

namespace limpet::cli {

// Reads what the -f flags name. Whatever is wrong is told on stderr; kOk if nothing is.
int load_manifest(const Session& session, const std::vector<std::string>& files,
                  const std::string& default_namespace, ManifestUse use, Manifest& manifest);

// The server's refusal of `manifest.objects`, sent as resources[0], resources[1] ...: told like a
// problem found here, at its file and line.
int report_refusal(const Session& session, const absl::Status& status, const Manifest& manifest);

}  // namespace limpet::cli
