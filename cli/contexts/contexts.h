// The clusters that a person works with, by name: ~/.config/limpet/config.yaml.
//
//   currentContext: prod
//   contexts:
//   - name: prod
//     server: gateway.example.org:7700
//     tlsCa: /home/alice/pki/ca.crt
//     tlsIdentity: /home/alice/pki/user-alice.pem
//     tokenFile: /home/alice/.config/limpet/ci.token
#pragma once

#include <string>
#include <vector>

#include <absl/status/statusor.h>

#include "cli/connection.h"

namespace limpet::cli {

struct Context {
  std::string name;
  Connection connection;  // without a token of its own: files hold secrets, and this one is shown
};

struct Contexts {
  std::string current;  // empty: none
  std::vector<Context> all;

  const Context* find(const std::string& name) const;
  // The context of that name, new if there was none.
  Context& put(const std::string& name);
  // False: there is none. The current one may go: then there is no current one.
  bool remove(const std::string& name);
};

// INVALID_ARGUMENT with line and column. An empty text has no contexts.
absl::StatusOr<Contexts> parse_contexts(const std::string& text);
std::string to_text(const Contexts& contexts);

}  // namespace limpet::cli
