from django.urls import path

app_name = "mailings"
urlpatterns = []
