# The trainer's output is the committed file (with the libzstd of Debian 12; see train_dictionary.cpp).
execute_process(COMMAND ${TRAINER} OUTPUT_VARIABLE made RESULT_VARIABLE failed)
file(READ "${COMMITTED}" committed)
if(failed OR NOT made STREQUAL committed)
  message(FATAL_ERROR "dictionary_1.inc is not what the trainer makes")
endif()
