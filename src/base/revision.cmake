# Writes OUTPUT, with the git commit of SOURCE in it, when that changed. Runs in
# every build, so a build is never labelled with an older commit.
#
#   cmake -DSOURCE=… -DOUTPUT=… [-DREVISION=…] -P revision.cmake

cmake_minimum_required(VERSION 3.25)

if(NOT REVISION)
  # Only of SOURCE itself: an archive may lie unpacked within another checkout.
  execute_process(COMMAND git -C ${SOURCE} rev-parse --show-toplevel HEAD
                  OUTPUT_VARIABLE answer OUTPUT_STRIP_TRAILING_WHITESPACE
                  ERROR_QUIET RESULT_VARIABLE status)
  file(REAL_PATH ${SOURCE} source)
  string(REPLACE "\n" ";" answer "${answer}")
  list(LENGTH answer lines)
  if(status EQUAL 0 AND lines EQUAL 2)
    list(POP_FRONT answer top)
    if(top STREQUAL source)
      set(REVISION ${answer})
    endif()
  endif()
endif()
if(NOT REVISION)
  set(REVISION unknown)
endif()
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY
     CONTENT "constexpr char kRevision[] = \"@REVISION@\";\n")
