# What limpet_embed() of targets.cmake runs: cmake -DINPUT=FILE -DOUTPUT=SOURCE -DNAME=FUNCTION -P.
file(READ ${INPUT} bytes HEX)
string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
file(WRITE ${OUTPUT} "#include <string_view>\n
namespace limpet {
std::string_view ${NAME}();
std::string_view ${NAME}() {
  static constexpr unsigned char kBytes[] = {
${bytes}
  };
  return {reinterpret_cast<const char*>(kBytes), sizeof(kBytes)};
}
}  // namespace limpet\n")
