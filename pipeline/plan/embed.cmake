# Writes every document of FILES as a C array into OUT, with a table of them: wv_builtin_documents.
set(arrays "")
set(rows "")
set(number 0)
foreach(file ${FILES})
    get_filename_component(name ${file} NAME_WE)
    get_filename_component(folder ${file} DIRECTORY)
    get_filename_component(kind ${folder} NAME)
    file(READ ${file} hex HEX)
    string(LENGTH "${hex}" digits)
    math(EXPR bytes "${digits} / 2")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," array "${hex}")
    string(APPEND arrays "static const unsigned char document_${number}[] = {${array}0};\n")
    string(APPEND rows "    {\"${kind}\", \"${name}\", document_${number}, ${bytes}},\n")
    math(EXPR number "${number} + 1")
endforeach()
file(WRITE ${OUT} "/* Made by pipeline/plan/embed.cmake from schemas/. */\n"
    "#include \"plan/builtin.h\"\n\n${arrays}\n"
    "const struct wv_builtin wv_builtin_documents[] = {\n${rows}    {0},\n};\n")
