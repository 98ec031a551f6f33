"""The passages of a note -> the forward models that the note itself writes down.

    infer      the whole flow: which equations are forward (`scan`, `forms`), families of symbols and their indices (`families`,
               `names`, `letters`, `components`), shapes (`shapes`, `sizes`), roles (`roles`, `losses`, `functions`,
               `activations`), declarations (`declared`; `given` beside a
               model from elsewhere) -> models (`build`), and why (`explain`)"""
