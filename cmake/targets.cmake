# The names, without ending, of files that include gRPC's headers.
set(LIMPET_GRPC_FILES "(_grpc|_service|/grpc_status|/app)")

# limpet_library(NAME DEPENDENCIES...): the static library of the current folder's .cpp files.
# A folder is a library; its dependencies are what its files may include.
function(limpet_library name)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
  if(NOT LIMPET_GRPC)
    # Files that talk gRPC say so in their names, so that the rest can be built without it.
    list(FILTER sources EXCLUDE REGEX "${LIMPET_GRPC_FILES}\\.cpp$")
  endif()
  add_library(${name} STATIC ${sources})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${ARGN} PRIVATE limpet_warnings)
endfunction()

# limpet_binary(NAME DEPENDENCIES...): the program of the current folder's main.cpp.
function(limpet_binary name)
  add_executable(${name} main.cpp)
  target_compile_definitions(${name} PRIVATE LIMPET_VERSION="${PROJECT_VERSION}")
  target_link_libraries(${name} PRIVATE ${ARGN} limpet_warnings)
endfunction()

# limpet_embed(FILE FUNCTION SOURCE): makes a source whose std::string_view limpet::FUNCTION()
# returns the file's bytes, as they were at the build.
function(limpet_embed file name source)
  add_custom_command(
    OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} -DINPUT=${file} -DOUTPUT=${source} -DNAME=${name}
            -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
    DEPENDS ${file} ${PROJECT_SOURCE_DIR}/cmake/embed.cmake VERBATIM)
endfunction()
