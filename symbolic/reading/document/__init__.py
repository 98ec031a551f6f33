"""A file -> its passages: formulas with exact places, the headings, sentences and conditions around them, declarations.

    files      bytes -> text and its kind;  read: text -> bodies -> formulas (`markdown`, `latex`, `scan`, `plain`, `blocks`)
    passages   formulas -> what is read, each under the conditions that its sentence states (`sentences`, `prose`)"""
