"""A file -> its passages: formulas with exact places, the headings, sentences and conditions around them, declarations.

    files      bytes -> text and its kind;  read: text -> bodies -> formulas (`markdown`, `latex`, `scan`, `plain`, `blocks`)
    passages   formulas -> what is read, each under the conditions that its sentence states (`sentences`, `prose`)
    assumed    declarations on the command line or in a file of their own;  aside: what carries no mathematics"""
