# Two processes with the same arguments print the same bytes: a story with every event, and the traces of a province with
# each kind of misfortune.
foreach(arguments "--seed 8 --trace" "--seeds 1..8")
  separate_arguments(split UNIX_COMMAND "${arguments}")
  foreach(run 1 2)
    execute_process(COMMAND ${SIM} ${split} OUTPUT_VARIABLE out${run} ERROR_QUIET RESULT_VARIABLE code${run})
    if(NOT code${run} EQUAL 0)
      message(FATAL_ERROR "thongsuot-sim ${arguments} failed:\n${out${run}}")
    endif()
  endforeach()
  if(NOT out1 STREQUAL out2)
    message(FATAL_ERROR "thongsuot-sim ${arguments} told two different stories")
  endif()
endforeach()
